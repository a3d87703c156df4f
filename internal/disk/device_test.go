package disk

import (
	"path/filepath"
	"testing"
)

func TestIsDevice(t *testing.T) {
	for path, want := range map[string]bool{
		"/dev/stdout": true, "/dev/fd/3": true, "/dev/null": true, "/proc/self/fd/1": true, "/dev/../dev/null": true,
		"/dev/shm/a.csv": false, "/dev/../tmp/a.csv": false, filepath.Join(t.TempDir(), "none"): false, "dev/null": false,
	} {
		if got := IsDevice(path); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
