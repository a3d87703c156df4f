package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestOrderOfKeySources(t *testing.T) {
	key := func(i int) string { return fmt.Sprintf("ch_sk_test_%020d", i) }
	keyFile := func(i int) string {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(key(i)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ring := newRing()
	ring.secrets["chargectl/acme"] = key(5)
	system := fakeSystem(ring, func(context.Context, []string) ([]byte, []byte, error) {
		return []byte(key(2) + "\nnot read\n"), nil, nil
	})
	s := sources("Acme")
	s.Variable, s.FileVariable = key(0), keyFile(1)
	s.Command, s.File, s.Text, s.Keyring = []string{"pass", "show"}, keyFile(3), key(4), true
	for i, step := range []struct {
		source string
		drop   func()
	}{
		{"environment CHARGE_API_KEY", func() { s.Variable = "" }},
		{"environment CHARGE_API_KEY_FILE", func() { s.FileVariable = "" }},
		{"api_key_command of profile Acme (config.yaml)", func() { s.Command = nil }},
		{"api_key_file of profile Acme (config.yaml)", func() { s.File = "" }},
		{"api_key of profile Acme (config.yaml)", func() { s.Text = "" }},
		{"keyring of profile Acme (config.yaml)", func() { s.Keyring = false }},
	} {
		got, err := Find(t.Context(), system, s)
		if err != nil || got.Secret() != key(i) || got.Source() != step.source {
			t.Errorf("source %d: %q from %q, %v; want it from %q", i, got.Secret(), got.Source(), err, step.source)
		}
		if i < 5 && ring.asked > 0 {
			t.Errorf("source %d: the keyring was asked", i)
		}
		step.drop()
	}
	_, err := Find(t.Context(), system, s)
	wantError(t, err, charge.KindAuth, "no API key", Variable, FileVariable, "Acme")
	if ring.asked != 1 {
		t.Errorf("the keyring was asked %d times, want 1", ring.asked)
	}
}

func TestOverridden(t *testing.T) {
	tests := map[string]struct {
		set  func(s *Sources)
		want string
	}{
		"by the key":          {func(s *Sources) { s.Variable, s.FileVariable, s.Keyring = testKey, "/x", true }, Variable},
		"by a file":           {func(s *Sources) { s.FileVariable, s.Text = "/x", testKey }, FileVariable},
		"nothing to override": {func(s *Sources) { s.Variable = testKey }, ""},
		"no key around":       {func(s *Sources) { s.File = "/x" }, ""},
	}
	for name, tt := range tests {
		s := sources("acme")
		tt.set(&s)
		if got := s.Overridden(); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestKeysThatCannotBeUsed(t *testing.T) {
	failing := func(stdout, stderr string) func(context.Context, []string) ([]byte, []byte, error) {
		return func(context.Context, []string) ([]byte, []byte, error) {
			return []byte(stdout), []byte(stderr), errors.New("exit status 3")
		}
	}
	silent := func(context.Context, []string) ([]byte, []byte, error) { return nil, nil, nil }
	tests := map[string]struct {
		set     func(s *Sources)
		run     func(context.Context, []string) ([]byte, []byte, error)
		ringErr error
		want    []string
	}{
		"spaces in the variable":  {set: func(s *Sources) { s.Variable = testKey + " " }, want: []string{"environment CHARGE_API_KEY", "spaces"}},
		"another service's key":   {set: func(s *Sources) { s.Variable = "sk_0123456789" }, want: []string{"environment CHARGE_API_KEY"}},
		"no such file":            {set: func(s *Sources) { s.FileVariable = "/nonexistent/key" }, want: []string{FileVariable, "/nonexistent/key"}},
		"the key for its file":    {set: func(s *Sources) { s.FileVariable = testKey }, want: []string{FileVariable, redacted}},
		"a file without end":      {set: func(s *Sources) { s.FileVariable = "/dev/zero" }, want: []string{FileVariable, "longer"}},
		"control characters":      {set: func(s *Sources) { s.Text = testKey + "\x01" }, want: []string{"api_key of profile default", "other characters"}},
		"command fails":           {set: func(s *Sources) { s.Command = []string{"pass"} }, run: failing(testKey, "\x1b[31mlocked\x1b[0m\r\n"+testKey+"\u202e\n"), want: []string{"api_key_command", "exit status 3", "locked"}},
		"command prints nothing":  {set: func(s *Sources) { s.Command = []string{"pass"} }, run: silent, want: []string{"api_key_command", "empty"}},
		"keyring without the key": {set: func(s *Sources) { s.Keyring = true }, want: []string{"keyring of profile default", "auth login"}},
		"keyring out of order":    {set: func(s *Sources) { s.Keyring = true }, ringErr: errors.New("locked"), want: []string{"keyring of profile default", "locked"}},
		"test key, live required": {set: func(s *Sources) { s.Variable, s.RequireMode = testKey, "live" }, want: []string{"requires a live key", "is test"}},
		"odd key, test required":  {set: func(s *Sources) { s.Variable, s.RequireMode = "ch_0123456789", "test" }, want: []string{"requires a test key", "is unknown"}},
		"a set source does not fall through": {
			set: func(s *Sources) { s.File, s.Text = "missing", testKey }, want: []string{"api_key_file of profile default"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, ring := sources("default"), newRing()
			tt.set(&s)
			ring.err = tt.ringErr
			key, err := Find(t.Context(), fakeSystem(ring, tt.run), s)
			wantError(t, err, charge.KindAuth, tt.want...)
			if key.Secret() != "" {
				t.Error("a key that must not be used is given out")
			}
			if strings.ContainsAny(err.Error(), "\x1b\r\n\u202e") {
				t.Errorf("%q is not safe to show", err)
			}
		})
	}
}

func TestRequiredModeIsAccepted(t *testing.T) {
	s := sources("default")
	s.Text, s.RequireMode = liveKey, "live"
	if key, err := Find(t.Context(), fakeSystem(newRing(), nil), s); err != nil || key.Mode() != charge.Live {
		t.Errorf("%s, %v", key.Mode(), err)
	}
}

func TestCommandIsRunWithoutAShell(t *testing.T) {
	var got [][]string
	system := fakeSystem(newRing(), func(_ context.Context, argv []string) ([]byte, []byte, error) {
		got = append(got, slices.Clone(argv))
		return []byte(testKey + "\r\n"), nil, nil
	})
	s := sources("default")
	s.Command = []string{"pass", "a b", "$(x); y"}
	key, err := Find(t.Context(), system, s)
	if err != nil || key.Secret() != testKey {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff([][]string{s.Command}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCommandAndKeyringAreLimited(t *testing.T) {
	tests := map[string]struct {
		set   func(s *Sources)
		limit time.Duration
		want  string
	}{
		"command": {func(s *Sources) { s.Command = []string{"pass", "x"} }, commandLimit, "longer than 30s"},
		"keyring": {func(s *Sources) { s.Keyring = true }, keyringLimit, "within 3s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s, ring := sources("default"), newRing()
			tt.set(&s)
			system := fakeSystem(ring, func(ctx context.Context, _ []string) ([]byte, []byte, error) {
				<-ctx.Done()
				return nil, nil, errors.New("signal: killed")
			})
			synctest.Test(t, func(t *testing.T) {
				ring.hold = make(chan struct{})
				defer close(ring.hold)
				start := time.Now()
				_, err := Find(t.Context(), system, s)
				wantError(t, err, charge.KindAuth, tt.want)
				if took := time.Since(start); took != tt.limit {
					t.Errorf("took %s, want %s", took, tt.limit)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(charge.Errorf(charge.KindInterrupted, "interrupted by SIGINT")) })
				_, err = Find(ctx, system, s)
				wantError(t, err, charge.KindInterrupted, "SIGINT")
			})
		})
	}
}
