package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// A lock that cannot be taken at all is not one that another run holds, also when there is no time to wait for it.
func TestALockThatCannotBeMade(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	f, err := Open(t.TempDir(), System{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lock, err := f.LockFile(over, "missing/lock", os.O_RDWR|os.O_CREATE, nil)
	if lock != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, %v", lock, err)
	}
}

func TestFileSystemsWithoutLocks(t *testing.T) {
	for cause, want := range map[error]bool{syscall.ENOLCK: true, syscall.ENOTSUP: true, syscall.ENOSYS: true, syscall.EIO: false, syscall.EACCES: false} {
		if got := cannotLock(&fs.PathError{Op: "flock", Path: "x", Err: cause}); got != want {
			t.Errorf("%v: no locks %v, want %v", cause, got, want)
		}
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

// TestInterruptedLock is repeated: a signal may interrupt flock on a network file system.
func TestInterruptedLock(t *testing.T) {
	tries := 0
	system := System{Lock: func(path string, flags int) (Lock, error) {
		if tries++; tries < 3 {
			return nil, &fs.PathError{Op: "flock", Path: path, Err: syscall.EINTR}
		}
		return tryLock(path, flags)
	}}
	f, err := Open(t.TempDir(), system, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lock, err := f.TryLock(SyncLock, os.O_RDWR|os.O_CREATE)
	if err != nil || tries != 3 {
		t.Fatalf("%v after %d tries", err, tries)
	}
	Release(lock)
}
