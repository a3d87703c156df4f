package config

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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

func TestParseKey(t *testing.T) {
	tests := map[string]bool{
		testKey: true, testKey + "\n": true, testKey + "\r\n": true, "ch_rk_live_x": true,
		"": false, "\n": false, "ch_": false, "sk_test_0123456789": false, testKey + "\n\n": false, " " + testKey: false,
		testKey + " ": false, testKey[:12] + "\x00" + testKey[12:]: false, testKey + "\x7f": false, testKey + "é": false,
		testKey + "\n" + liveKey: false, "ch_" + strings.Repeat("0123456789", 52): false,
	}
	for text, want := range tests {
		key, err := ParseKey(text)
		if want {
			if err != nil || key.Secret() != strings.TrimRight(text, "\r\n") {
				t.Errorf("%q: %q, %v", text, key.Secret(), err)
			}
			continue
		}
		wantError(t, err, charge.KindUsage)
		if key.Secret() != "" {
			t.Errorf("%q: a refused key is given out", text)
		}
	}
}

func TestKeyTellsModeAndEnd(t *testing.T) {
	tests := map[string]struct {
		mode charge.Mode
		end  string
	}{
		testKey:              {charge.Test, "WXYZ"},
		liveKey:              {charge.Live, "QRST"},
		"ch_sk_test_secret":  {charge.Test, ""},
		"ch_unheard_of_0000": {charge.UnknownMode, ""},
	}
	for text, want := range tests {
		key, err := ParseKey(text)
		if err != nil || key.Mode() != want.mode || key.Last4() != want.end {
			t.Errorf("%s: %s, %q, %v", text, key.Mode(), key.Last4(), err)
		}
	}
	if none := (Key{}); none.Secret() != "" || none.Last4() != "" {
		t.Error("no key has a secret")
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	key, err := ParseKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Shown  Key
		hidden Key
		Any    any
	}
	held := holder{key, key, &key}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", &key)
		fmt.Fprintf(&out, verb+"\n", held)
		fmt.Fprintf(&out, verb+"\n", []Key{key})
	}
	fmt.Fprintln(&out, key.String(), key.GoString(), held.hidden)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "key", key, "held", held)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "key", key, "held", held)
	encoded, err := json.Marshal(map[string]any{"key": key, "held": held, "by key": map[string]Key{"a": key}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	out.Write(text)
	hexed := fmt.Sprintf("%x", testKey)
	if got := out.String(); strings.Contains(got, "0123456789") || strings.Contains(strings.ToLower(got), hexed) || !strings.Contains(got, redacted) {
		t.Errorf("printed: %s", got)
	}
}

func TestOrderOfKeySources(t *testing.T) {
	key := func(i int) string { return fmt.Sprintf("ch_sk_test_%020d", i) }
	w := newWorld(t)
	keyFile := func(name string, i int) string {
		path := filepath.Join(w.home, ".config", "chargectl", name)
		if err := os.WriteFile(path, []byte(key(i)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	w.file("")
	w.vars[envKey], w.vars[envKeyFile] = key(0), keyFile("env", 1)
	w.exec = func(context.Context, []string) ([]byte, []byte, error) {
		return []byte(key(2) + "\nnot read\n"), nil, nil
	}
	keyFile("relative", 3)
	w.ring.secrets["chargectl/acme"] = key(5)
	lines := []string{"api_key_command: pass show", "api_key_file: relative", "api_key: " + key(4), "keyring: true"}
	sources := []string{"environment " + envKey, "environment " + envKeyFile, "api_key_command of profile Acme", "api_key_file of profile Acme", "api_key of profile Acme", "keyring of profile Acme"}
	drop := []func(){
		func() { delete(w.vars, envKey) }, func() { delete(w.vars, envKeyFile) },
		func() { lines = lines[1:] }, func() { lines = lines[1:] }, func() { lines = lines[1:] }, func() { lines = nil },
	}
	for i, want := range sources {
		c := w.file("profiles:\n  Acme:\n    " + strings.Join(lines, "\n    ") + "\n").load(Flags{Profile: new("acme")})
		got, err := c.Key(t.Context())
		if err != nil || got.Secret() != key(i) || !strings.HasPrefix(got.Source(), want) {
			t.Errorf("source %d: %q from %q, %v; want it from %q", i, got.Secret(), got.Source(), err, want)
		}
		if i < 5 && w.ring.asked > 0 {
			t.Errorf("source %d: the keyring was asked", i)
		}
		drop[i]()
	}
	_, err := w.file("profiles: {Acme: {keyring: false}}").load(Flags{Profile: new("acme")}).Key(t.Context())
	wantError(t, err, charge.KindAuth, "no API key", envKey, envKeyFile, "Acme")
	if w.ring.asked != 1 {
		t.Errorf("the keyring was asked %d times, want 1", w.ring.asked)
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
		vars    map[string]string
		profile string
		exec    func(context.Context, []string) ([]byte, []byte, error)
		ringErr error
		want    []string
	}{
		"spaces in the variable":             {vars: map[string]string{envKey: testKey + " "}, want: []string{"environment CHARGE_API_KEY", "spaces"}},
		"another service's key":              {vars: map[string]string{envKey: "sk_0123456789"}, want: []string{"environment CHARGE_API_KEY"}},
		"no such file":                       {vars: map[string]string{envKeyFile: "/nonexistent/key"}, want: []string{envKeyFile, "/nonexistent/key"}},
		"the key for its file":               {vars: map[string]string{envKeyFile: testKey}, want: []string{envKeyFile, redacted}},
		"a file without end":                 {vars: map[string]string{envKeyFile: "/dev/zero"}, want: []string{envKeyFile, "longer"}},
		"control characters":                 {profile: `api_key: "` + testKey + `\u0001"`, want: []string{"api_key of profile default", "other characters"}},
		"command fails":                      {profile: "api_key_command: pass x", exec: failing(testKey, "\x1b[31mlocked\x1b[0m\r\n"+testKey+"\u202e\n"), want: []string{"api_key_command", "exit status 3", "locked"}},
		"command prints nothing":             {profile: "api_key_command: pass x", exec: silent, want: []string{"api_key_command", "empty"}},
		"keyring without the key":            {profile: "keyring: true", want: []string{"keyring of profile default", "auth login"}},
		"keyring out of order":               {profile: "keyring: true", ringErr: errors.New("locked"), want: []string{"keyring of profile default", "locked"}},
		"test key, live required":            {profile: "require_mode: live", vars: map[string]string{envKey: testKey}, want: []string{"requires a live key", "is test"}},
		"odd key, test required":             {profile: "require_mode: test", vars: map[string]string{envKey: "ch_0123456789"}, want: []string{"requires a test key", "is unknown"}},
		"a set source does not fall through": {profile: "api_key_file: missing\n    api_key: " + testKey, want: []string{"api_key_file of profile default"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).file("profiles:\n  default:\n    " + tt.profile + "\n").set(tt.vars)
			w.exec, w.ring.err = tt.exec, tt.ringErr
			key, err := w.load(Flags{}).Key(t.Context())
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
	w := newWorld(t).file("profiles:\n  default: {require_mode: live, api_key: " + liveKey + "}\n")
	if key, err := w.load(Flags{}).Key(t.Context()); err != nil || key.Mode() != charge.Live {
		t.Errorf("%s, %v", key.Mode(), err)
	}
}

func TestOverriddenProfileKeyIsNoticed(t *testing.T) {
	const withKey, without = "profiles: {acme: {keyring: true}}", "profiles: {acme: {fleet: a}}"
	tests := map[string]struct {
		file string
		vars map[string]string
		flag bool
		want bool
	}{
		"overridden":           {withKey, map[string]string{envKey: testKey}, true, true},
		"by a file":            {withKey, map[string]string{envKeyFile: "/x"}, true, true},
		"nothing to override":  {without, map[string]string{envKey: testKey}, true, false},
		"profile not explicit": {withKey + "\ndefault_profile: acme", map[string]string{envKey: testKey}, false, false},
		"no key around":        {withKey, nil, true, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var flags Flags
			if tt.flag {
				flags.Profile = new("acme")
			}
			notices := newWorld(t).file(tt.file).set(tt.vars).load(flags).Notices
			if got := len(notices) == 1 && strings.Contains(notices[0], "acme"); got != tt.want {
				t.Errorf("notices %q", notices)
			}
		})
	}
}

func TestCommandIsRunWithoutAShell(t *testing.T) {
	w := newWorld(t)
	var got [][]string
	w.exec = func(_ context.Context, argv []string) ([]byte, []byte, error) {
		got = append(got, slices.Clone(argv))
		return []byte(testKey + "\r\n"), nil, nil
	}
	for _, command := range []string{`[pass, "a b", "$(x)"]`, `pass 'a b' "$(x)"`, `~/bin/key;`} {
		if _, err := w.file("profiles:\n  default:\n    api_key_command: " + command + "\n").load(Flags{}).Key(t.Context()); err != nil {
			t.Error(err)
		}
	}
	want := [][]string{{"pass", "a b", "$(x)"}, {"pass", "a b", "$(x)"}, {filepath.Join(w.home, "bin/key;")}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCommandAndKeyringAreLimited(t *testing.T) {
	tests := map[string]struct {
		profile string
		limit   time.Duration
		want    string
	}{
		"command": {"api_key_command: pass x", commandLimit, "longer than 30s"},
		"keyring": {"keyring: true", keyringLimit, "within 3s"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).file("profiles:\n  default:\n    " + tt.profile + "\n")
			c := w.load(Flags{})
			w.exec = func(ctx context.Context, _ []string) ([]byte, []byte, error) {
				<-ctx.Done()
				return nil, nil, errors.New("signal: killed")
			}
			synctest.Test(t, func(t *testing.T) {
				w.ring.hold = make(chan struct{})
				defer close(w.ring.hold)
				start := time.Now()
				_, err := c.Key(t.Context())
				wantError(t, err, charge.KindAuth, tt.want)
				if took := time.Since(start); took != tt.limit {
					t.Errorf("took %s, want %s", took, tt.limit)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(errors.New("SIGINT")) })
				_, err = c.Key(ctx)
				wantError(t, err, charge.KindInterrupted, "SIGINT")
			})
		})
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{testKey, testKey + "\r\n", "", "ch_", "ch_\x00", "ch_ x", "CH_sk_test_x", "ch_é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if charge.KindOf(err) != charge.KindUsage || len(text) > 8 && strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		secret := key.Secret()
		if !strings.HasPrefix(secret, "ch_") || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("accepted %q", secret)
		}
		if again, err := ParseKey(secret); err != nil || again.Secret() != secret {
			t.Errorf("%q is not read again: %v", secret, err)
		}
	})
}
