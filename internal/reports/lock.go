package reports

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
)

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 100 * time.Millisecond

// errNoLocks says that this file system has no locks.
var errNoLocks = errors.New("the file system has no locks")

// takeLock locks the file of a path until release; the kernel releases it if the process dies. waited says that
// somebody else had it. It fails with errNoLocks, charge.KindLocked when ctx ends first, or what opening the file said.
func takeLock(ctx context.Context, path string, flags int) (lock *flock.Flock, waited bool, err error) {
	lock = flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o666))
	ok, err := lock.TryLock()
	if !ok && err == nil {
		waited = true
		ok, err = lock.TryLockContext(ctx, lockPoll)
	}
	switch {
	case ok:
		return lock, waited, nil
	case waited && ctx.Err() != nil:
		return nil, waited, lockHeld(ctx, path)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return nil, waited, errNoLocks
	default:
		return nil, waited, err
	}
}

func lockHeld(ctx context.Context, path string) error {
	end := ending(ctx)
	if end.Kind != charge.KindDeadline {
		return end
	}
	return &charge.Error{Kind: charge.KindLocked, Op: "lock " + path, Reason: "another run still holds it at the deadline"}
}

// release gives a lock back; nil is fine.
func release(lock *flock.Flock) {
	if lock != nil {
		_ = lock.Close()
	}
}

// locks reports whether the lock is on the file that info describes, and not on one that was unlinked meanwhile.
func locks(lock *flock.Flock, info os.FileInfo) bool {
	held, err := lock.Stat()
	return err == nil && info != nil && os.SameFile(held, info)
}

// folderLock is what sync locks in the folder it completes; it is left in place.
const folderLock = ".chargectl.lock"
