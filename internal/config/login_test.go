package config

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func mustKey(t *testing.T, text string) Key {
	t.Helper()
	key, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func login(t *testing.T, w *world, flags Flags) Stored {
	t.Helper()
	stored, err := Login(t.Context(), w.env(), flags, mustKey(t, testKey))
	if err != nil {
		t.Fatalf("Login: %v", err)
	}
	return stored
}

func TestLoginAndLogoutWithAKeyring(t *testing.T) {
	w := newWorld(t).file("# mine\nprofiles:\n  Acme:\n    api_key: " + liveKey + "\n    fleet: x\n")
	flags := Flags{Profile: new("ACME")}
	want := Stored{Profile: "Acme", Path: w.path(), Keyring: true}
	if diff := cmp.Diff(want, login(t, w, flags)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("# mine\nprofiles:\n  Acme:\n    fleet: x\n    keyring: true\n", w.text()); diff != "" {
		t.Error(diff)
	}
	if key, err := w.load(flags).Key(t.Context()); err != nil || key.Secret() != testKey {
		t.Errorf("after login: %v", err)
	}
	removed, err := Logout(t.Context(), w.env(), flags)
	if diff := cmp.Diff([]string{"the system's keyring", "profile Acme (" + w.path() + ")"}, removed); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if len(w.ring.secrets) != 0 || w.text() != "# mine\nprofiles:\n  Acme:\n    fleet: x\n" {
		t.Errorf("left: %v and\n%s", w.ring.secrets, w.text())
	}
	if removed, err := Logout(t.Context(), w.env(), flags); err != nil || len(removed) != 0 {
		t.Errorf("again: %q, %v", removed, err)
	}
}

func TestLoginAndLogoutWithoutAKeyring(t *testing.T) {
	w := newWorld(t)
	w.ring.err = errors.New("no bus for " + testKey)
	flags := Flags{Profile: new("new"), Create: true}
	if c := w.load(flags); c.Profile.Text != "new" {
		t.Errorf("profile %+v", c.Profile)
	}
	stored := login(t, w, flags)
	if stored.Keyring || stored.Place() != w.path() || stored.Reason != "no bus for [API key]" {
		t.Errorf("stored %+v", stored)
	}
	if w.mode(w.path()) != 0o600 || !strings.HasPrefix(w.text(), marker) {
		t.Errorf("mode %04o of\n%s", w.mode(w.path()), w.text())
	}
	if key, err := w.load(flags).Key(t.Context()); err != nil || key.Secret() != testKey {
		t.Errorf("after login: %v", err)
	}
	removed, err := Logout(t.Context(), w.env(), flags)
	if err != nil || len(removed) != 1 || strings.Contains(w.text(), testKey) {
		t.Errorf("%q, %v, left\n%s", removed, err, w.text())
	}
}

func TestLoginSaysWhatIsAskedFirst(t *testing.T) {
	tests := map[string]struct {
		vars    map[string]string
		profile string
		want    string
	}{
		"nothing":  {profile: "fleet: x"},
		"variable": {vars: map[string]string{envKeyFile: "/x"}, profile: "api_key_command: x", want: "environment CHARGE_API_KEY_FILE"},
		"command":  {profile: "api_key_command: x", want: "api_key_command of profile default ("},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t).file("profiles:\n  default:\n    " + tt.profile + "\n").set(tt.vars)
			if got := login(t, w, Flags{}).Shadow; !strings.HasPrefix(got, tt.want) || (tt.want == "") != (got == "") {
				t.Errorf("shadow %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLoginThatCannotWriteStoresNothing(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.file("").path(), "config.yaml") // under a file, so it can never be
	_, err := Login(t.Context(), w.env(), Flags{Config: &path}, mustKey(t, testKey))
	wantError(t, err, charge.KindOutput, path)
	if len(w.ring.secrets) != 0 {
		t.Errorf("the keyring keeps %v", w.ring.secrets)
	}
}

func TestLogoutKeepsSayingWhereAKeyStillIs(t *testing.T) {
	w := newWorld(t).file("profiles:\n  default:\n    api_key: " + testKey + "\n    keyring: true\n")
	w.ring.err = errors.New("locked")
	removed, err := Logout(t.Context(), w.env(), Flags{})
	wantError(t, err, charge.KindOutput, "still in the keyring", "locked")
	if len(removed) != 1 || w.text() != "profiles:\n  default:\n    keyring: true\n" {
		t.Errorf("removed %q, left\n%s", removed, w.text())
	}
}

// The keyring has the first key, the file the second, because the keyring could not be reached then.
func TestLogoutRemovesKeysOfTwoLogins(t *testing.T) {
	w := newWorld(t).file("")
	first := login(t, w, Flags{})
	w.ring.err = errors.New("locked")
	second := login(t, w, Flags{})
	w.ring.err = nil
	if !first.Keyring || second.Keyring || len(w.ring.secrets) != 1 {
		t.Fatalf("stored %+v, then %+v", first, second)
	}
	removed, err := Logout(t.Context(), w.env(), Flags{})
	if err != nil || len(removed) != 2 || len(w.ring.secrets) != 0 || strings.Contains(w.text(), testKey) {
		t.Errorf("removed %q, %v, left %v and\n%s", removed, err, w.ring.secrets, w.text())
	}
}

func TestLoginWithAKeyringThatHangs(t *testing.T) {
	w := newWorld(t).file("")
	synctest.Test(t, func(t *testing.T) {
		w.ring.hold = make(chan struct{})
		start := time.Now()
		stored := login(t, w, Flags{})
		if took := time.Since(start); took != keyringLimit || stored.Keyring || !strings.Contains(stored.Reason, "3s") {
			t.Errorf("%+v after %s", stored, took)
		}
		close(w.ring.hold)
		synctest.Wait()
		if len(w.ring.secrets) != 0 {
			t.Errorf("the key that was stored elsewhere is in the keyring too: %v", w.ring.secrets)
		}
	})
}

func TestInterruptedLoginStoresNothing(t *testing.T) {
	w := newWorld(t).file("")
	synctest.Test(t, func(t *testing.T) {
		w.ring.hold = make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("SIGTERM")) })
		_, err := Login(ctx, w.env(), Flags{}, mustKey(t, testKey))
		wantError(t, err, charge.KindInterrupted, "SIGTERM")
		close(w.ring.hold)
		synctest.Wait()
	})
	if len(w.ring.secrets) != 0 || w.text() != "" {
		t.Errorf("stored %v and %q", w.ring.secrets, w.text())
	}
}
