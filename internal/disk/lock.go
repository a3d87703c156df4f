package download

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

// ErrNoLocks means that a file system has no locks.
var ErrNoLocks = errors.New("the file system has no locks")

// takeLock is Disk.Lock. It fails with ErrNoLocks, charge.KindLocked when ctx ends first, or the error of opening the file.
func takeLock(ctx context.Context, path string, flags int) (held Lock, waited bool, err error) {
	lock := flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o666))
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
		return nil, waited, ErrNoLocks
	default:
		return nil, waited, err
	}
}

// lockHeld is the end of a wait for a lock.
func lockHeld(ctx context.Context, path string) error {
	end := charge.Ended(ctx)
	if end.Kind != charge.KindDeadline {
		return end
	}
	return &charge.Error{Kind: charge.KindLocked, Op: "lock " + path, Reason: "another run still holds it at the deadline"}
}

// expired is a context whose time is over: what is given it is tried once, without waiting.
func expired(ctx context.Context) context.Context {
	now, cancel := context.WithDeadline(ctx, time.Time{})
	cancel() // the deadline has passed already: it is the cause
	return now
}

// release gives a lock back; nil is fine.
func release(lock Lock) {
	if lock != nil {
		_ = lock.Close()
	}
}

// locks reports whether the lock is on the file that info describes, and not on one that was unlinked meanwhile.
func locks(lock Lock, info os.FileInfo) bool {
	held, err := lock.Stat()
	return err == nil && info != nil && os.SameFile(held, info)
}

// What is locked to keep two runs of one kind out of a folder. Lock files are left in place: removing one lets two
// processes hold two of them.
const (
	ownPrefix  = ".chargectl."
	folderLock = ownPrefix + "lock"        // of sync
	listenLock = ownPrefix + "listen.lock" // of a listener for events
)

// Lock keeps other runs out of the folder until release is called or the process ends, and waits for them until ctx
// ends; an expired ctx tries once. Errors are charge.KindLocked when another run held it at the end of ctx, ErrNoLocks
// (wrapped) where the folder cannot be locked, or the end of ctx itself.
func (f *Folder) Lock(ctx context.Context) (unlock func(), err error) { return f.lock(ctx, folderLock) }

// LockListener is Lock for listeners for events, of which a folder has one; runs that Lock may go on beside it. It tries
// once.
func (f *Folder) LockListener(ctx context.Context) (unlock func(), err error) {
	return f.lock(expired(ctx), listenLock)
}

func (f *Folder) lock(ctx context.Context, name string) (unlock func(), err error) {
	info, err := f.stat(name)
	if err == nil && info != nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file") // a link could lead out of the folder
	}
	var lock Lock
	if err == nil {
		lock, err = f.disk.lock(ctx, f.Path(name), os.O_RDWR|os.O_CREATE)
	}
	switch kind := charge.KindOf(err); {
	case err == nil:
		return func() { release(lock) }, nil
	case kind == charge.KindLocked, kind == charge.KindDeadline, kind == charge.KindInterrupted:
		return nil, err
	}
	return nil, &charge.Error{Kind: charge.KindOutput, Op: "lock " + f.Path(name), Reason: charge.AsError(OutputError("", err)).Reason, Err: errors.Join(ErrNoLocks, err)}
}
