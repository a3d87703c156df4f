package download

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// A lock that cannot be taken at all is not one that another run holds, also when there is no time to wait for it.
func TestALockThatCannotBeMade(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	lock, waited, err := takeLock(over, filepath.Join(t.TempDir(), "missing", "lock"), os.O_RDWR|os.O_CREATE)
	if lock != nil || waited || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, waited %v, %v", lock, waited, err)
	}
}

func TestOutputErrorsSayWhatToDo(t *testing.T) {
	for cause, hint := range map[error]bool{syscall.ENOSPC: true, syscall.EACCES: true, syscall.EROFS: true, syscall.EIO: false} {
		err := OutputError("write x.csv", &fs.PathError{Op: "write", Path: "x.csv", Err: cause})
		e, ok := errors.AsType[*charge.Error](err)
		if !ok || e.Kind != charge.KindOutput || e.Error() != "write x.csv: "+cause.Error() || (e.Hint != "") != hint {
			t.Errorf("%v: %+v", cause, err)
		}
	}
}
