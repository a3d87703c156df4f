package credential

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/zalando/go-keyring"
)

// TestKeyringThatIsNotThere points D-Bus at a socket that does not exist; other systems would ask the real keyring.
func TestKeyringThatIsNotThere(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the keyring of", runtime.GOOS, "cannot be replaced")
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
	ring := RealSystem().Keyring
	_, getErr := ring.Get(keyringService, "x")
	for call, err := range map[string]error{"Get": getErr, "Set": ring.Set(keyringService, "x", "y"), "Delete": ring.Delete(keyringService, "x")} {
		if err == nil || errors.Is(err, keyring.ErrNotFound) {
			t.Errorf("%s: %v, want that there is no keyring", call, err)
		}
	}
}
