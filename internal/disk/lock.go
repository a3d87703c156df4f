package disk

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
)

// LockPoll is how often a lock that another process holds is tried again.
const LockPoll = 100 * time.Millisecond

// ErrNoLocks means that a file system has no locks.
var ErrNoLocks = errors.New("the file system has no locks")

// takeLock is System.Lock. It fails with ErrNoLocks, charge.KindLocked when ctx ends first, or what opening the file said.
func takeLock(ctx context.Context, path string, flags int) (held Lock, waited bool, err error) {
	lock := flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o666))
	ok, err := lock.TryLock()
	if !ok && err == nil {
		waited = true
		ok, err = lock.TryLockContext(ctx, LockPoll)
	}
	switch {
	case ok:
		return lock, waited, nil
	case waited && ctx.Err() != nil:
		return nil, waited, LockHeld(ctx, path)
	case cannotLock(err):
		return nil, waited, ErrNoLocks
	default:
		return nil, waited, err
	}
}

// cannotLock reports whether taking a lock failed because the file system has none.
func cannotLock(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// LockHeld is the end of a wait for a lock.
func LockHeld(ctx context.Context, path string) error {
	end := charge.Ended(ctx)
	if end.Kind != charge.KindDeadline {
		return end
	}
	return &charge.Error{Kind: charge.KindLocked, Op: "lock " + path, Reason: "another run still holds it at the deadline"}
}

// Expired is a context whose time is over: what is given it is tried once, without waiting.
func Expired(ctx context.Context) context.Context {
	now, cancel := context.WithDeadline(ctx, time.Time{})
	cancel() // the deadline has passed already: it is the cause
	return now
}

// Release gives a lock back; nil is fine.
func Release(lock Lock) {
	if lock != nil {
		_ = lock.Close()
	}
}

// Holds reports whether the lock is on the file that info describes, and not on one that was unlinked meanwhile.
func Holds(lock Lock, info os.FileInfo) bool {
	held, err := lock.Stat()
	return err == nil && info != nil && os.SameFile(held, info)
}

// LockFile locks a file of the folder, opened with flags, waiting until ctx ends. Errors are charge.KindLocked when another
// process held it at the end of ctx, ErrNoLocks, the end of ctx itself, or the operating system's.
func (f *Folder) LockFile(ctx context.Context, name string, flags int) (lock Lock, err error) {
	err = uninterrupted(func() error {
		lock, _, err = f.system.Lock(ctx, f.Path(name), flags)
		return err
	})
	return lock, err
}

// NoLocks tells the person, once, that the folder's files cannot be locked.
func (f *Folder) NoLocks(why error) {
	f.unlocked.Do(func() {
		f.notice(f.path + ": files cannot be locked here (" + charge.AsError(OutputError("", why)).Reason + "): continuing without locks")
	})
}

// OwnPrefix begins the names that chargectl keeps for itself in a folder: of what is locked to keep two runs of one kind out
// of it. Lock files are left in place: removing one lets two
// processes hold two of them.
const (
	OwnPrefix  = ".chargectl."
	folderLock = OwnPrefix + "lock"        // of sync
	listenLock = OwnPrefix + "listen.lock" // of a listener for events
)

// Lock keeps other runs out of the folder until release is called or the process ends, and waits for them until ctx
// ends; an Expired ctx tries once. Errors are charge.KindLocked when another run held it at the end of ctx, ErrNoLocks
// (wrapped) where the folder cannot be locked, or the end of ctx itself.
func (f *Folder) Lock(ctx context.Context) (unlock func(), err error) {
	return f.lockFolder(ctx, folderLock)
}

// LockListener is Lock for listeners for events, of which a folder has one; runs that Lock may go on beside it. It tries
// once.
func (f *Folder) LockListener(ctx context.Context) (unlock func(), err error) {
	return f.lockFolder(Expired(ctx), listenLock)
}

func (f *Folder) lockFolder(ctx context.Context, name string) (unlock func(), err error) {
	info, err := f.Stat(name)
	if err == nil && info != nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file") // a link could lead out of the folder
	}
	var lock Lock
	if err == nil {
		lock, err = f.LockFile(ctx, name, os.O_RDWR|os.O_CREATE)
	}
	switch kind := charge.KindOf(err); {
	case err == nil:
		return func() { Release(lock) }, nil
	case kind == charge.KindLocked, kind == charge.KindDeadline, kind == charge.KindInterrupted:
		return nil, err
	}
	return nil, &charge.Error{Kind: charge.KindOutput, Op: "lock " + f.Path(name), Reason: charge.AsError(OutputError("", err)).Reason, Err: errors.Join(ErrNoLocks, err)}
}
