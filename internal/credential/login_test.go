package credential

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// loginTest is where somebody logs in: a keyring, and a profile that remembers what Login and Logout write.
type loginTest struct {
	ring    *memoryRing
	profile Sources
	err     error // of writing the profile
}

func newLoginTest() *loginTest { return &loginTest{ring: newRing(), profile: sources("Acme")} }

func (d *loginTest) keep(_ context.Context, text string, keyring bool) error {
	if d.err == nil {
		d.profile.Text, d.profile.Keyring = text, keyring
	}
	return d.err
}

func (d *loginTest) login(ctx context.Context, t *testing.T) (Stored, error) {
	t.Helper()
	key, err := ParseKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	return Login(ctx, fakeSystem(d.ring, nil), d.profile, key, d.keep)
}

func (d *loginTest) logout(ctx context.Context) ([]string, error) {
	return Logout(ctx, fakeSystem(d.ring, nil), d.profile, d.keep)
}

// found is the key that the next command would use.
func (d *loginTest) found(t *testing.T) string {
	t.Helper()
	key, err := Find(t.Context(), fakeSystem(d.ring, nil), d.profile)
	if err != nil {
		t.Errorf("after login: %v", err)
	}
	return key.Secret()
}

func TestLoginAndLogoutWithAKeyring(t *testing.T) {
	d := newLoginTest()
	d.profile.Text = liveKey
	stored, err := d.login(t.Context(), t)
	if diff := cmp.Diff(Stored{Keyring: true}, stored); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if d.profile.Text != "" || !d.profile.Keyring || d.ring.secrets["chargectl/acme"] != testKey {
		t.Errorf("profile %+v, keyring %v", d.profile, d.ring.secrets)
	}
	if d.found(t) != testKey {
		t.Error("another key is found after login")
	}
	removed, err := d.logout(t.Context())
	if diff := cmp.Diff([]string{"the system's keyring", d.profile.Origin}, removed); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if len(d.ring.secrets) != 0 || d.profile.Keyring {
		t.Errorf("left: %v and %+v", d.ring.secrets, d.profile)
	}
	if removed, err := d.logout(t.Context()); err != nil || len(removed) != 0 {
		t.Errorf("again: %q, %v", removed, err)
	}
}

func TestLoginAndLogoutWithoutAKeyring(t *testing.T) {
	d := newLoginTest()
	d.ring.err = errors.New("no bus for " + testKey)
	stored, err := d.login(t.Context(), t)
	if diff := cmp.Diff(Stored{Reason: "no bus for [API key]"}, stored); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if d.found(t) != testKey || d.profile.Keyring {
		t.Errorf("profile %+v", d.profile)
	}
	removed, err := d.logout(t.Context())
	if diff := cmp.Diff([]string{d.profile.Origin}, removed); diff != "" || err != nil || d.profile.Text != "" {
		t.Error(err, diff)
	}
}

func TestLoginSaysWhatIsAskedFirst(t *testing.T) {
	tests := map[string]struct {
		set  func(s *Sources)
		want string
	}{
		"nothing":          {func(s *Sources) { s.Text = liveKey }, ""},
		"variable":         {func(s *Sources) { s.FileVariable, s.Command = "/x", []string{"x"} }, "environment CHARGE_API_KEY_FILE"},
		"command":          {func(s *Sources) { s.Command = []string{"x"} }, "api_key_command of profile Acme (config.yaml)"},
		"a file, not keys": {func(s *Sources) { s.File, s.Keyring = "/x", true }, "api_key_file of profile Acme (config.yaml)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d := newLoginTest()
			tt.set(&d.profile)
			if got, err := d.login(t.Context(), t); got.Shadow != tt.want || err != nil {
				t.Errorf("shadow %q, %v, want %q", got.Shadow, err, tt.want)
			}
		})
	}
}

func TestLoginThatCannotWriteStoresNothing(t *testing.T) {
	d := newLoginTest()
	d.err = charge.Errorf(charge.KindOutput, "disk full")
	_, err := d.login(t.Context(), t)
	wantError(t, err, charge.KindOutput, "disk full")
	if len(d.ring.secrets) != 0 {
		t.Errorf("the keyring keeps %v", d.ring.secrets)
	}
}

func TestLogoutKeepsSayingWhereAKeyStillIs(t *testing.T) {
	d := newLoginTest()
	d.profile.Text, d.profile.Keyring = testKey, true
	d.ring.err = errors.New("locked")
	removed, err := d.logout(t.Context())
	wantError(t, err, charge.KindOutput, "still in the keyring", "locked")
	if len(removed) != 1 || d.profile.Text != "" || !d.profile.Keyring {
		t.Errorf("removed %q, left %+v", removed, d.profile)
	}
}

// The keyring has the first key, the profile the second, because the keyring could not be reached then.
func TestLogoutRemovesKeysOfTwoLogins(t *testing.T) {
	d := newLoginTest()
	first, err := d.login(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	d.ring.err = errors.New("locked")
	second, err := d.login(t.Context(), t)
	d.ring.err = nil
	if err != nil || !first.Keyring || second.Keyring || len(d.ring.secrets) != 1 {
		t.Fatalf("stored %+v, then %+v, %v", first, second, err)
	}
	removed, err := d.logout(t.Context())
	if err != nil || len(removed) != 2 || len(d.ring.secrets) != 0 || d.profile.Text != "" {
		t.Errorf("removed %q, %v, left %v and %+v", removed, err, d.ring.secrets, d.profile)
	}
}

func TestLoginWithAKeyringThatHangs(t *testing.T) {
	d := newLoginTest()
	synctest.Test(t, func(t *testing.T) {
		d.ring.hold = make(chan struct{})
		start := time.Now()
		stored, err := d.login(t.Context(), t)
		if took := time.Since(start); took != keyringLimit || stored.Keyring || stored.Reason != "the keyring did not answer within 3s" || err != nil {
			t.Errorf("%+v, %v after %s", stored, err, took)
		}
		close(d.ring.hold)
		synctest.Wait()
		if len(d.ring.secrets) != 0 {
			t.Errorf("the key that was stored elsewhere is in the keyring too: %v", d.ring.secrets)
		}
	})
}

func TestInterruptedLoginStoresNothing(t *testing.T) {
	d := newLoginTest()
	synctest.Test(t, func(t *testing.T) {
		d.ring.hold = make(chan struct{})
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(charge.Errorf(charge.KindInterrupted, "interrupted by SIGTERM")) })
		_, err := d.login(ctx, t)
		wantError(t, err, charge.KindInterrupted, "SIGTERM")
		close(d.ring.hold)
		synctest.Wait()
	})
	if len(d.ring.secrets) != 0 || d.profile.Text != "" || d.profile.Keyring {
		t.Errorf("stored %v and %+v", d.ring.secrets, d.profile)
	}
}
