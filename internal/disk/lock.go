package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
)

// LockPoll is how often a lock that another process holds is tried again.
const LockPoll = 100 * time.Millisecond

// OwnPrefix begins the names that chargectl keeps for itself in a folder. Lock files are left in place: removing one lets
// two processes hold two of them.
const (
	OwnPrefix  = ".chargectl."
	SyncLock   = OwnPrefix + "lock"        // is locked by a sync, of which a folder has one
	ListenLock = OwnPrefix + "listen.lock" // is locked by a listener for events; sync may run beside it
)

// SyncLockOf is the name of the lock of a sync that completes a part of a folder; empty is all of it, and SyncLock. Runs for
// other parts hold other locks: no two of them write the same file.
func SyncLockOf(shard string) string {
	if shard == "" {
		return SyncLock
	}
	return OwnPrefix + shard + ".lock"
}

// What the one try of System.Lock may end with.
var (
	ErrNoLocks = errors.New("the file system has no locks")
	ErrHeld    = errors.New("another process holds the lock")
)

// Lock is a lock that is held until it is closed or the process ends. Stat describes the file that it is on.
type Lock interface {
	Close() error
	Stat() (os.FileInfo, error)
}

// tryLock is System.Lock: flock(2), or LockFileEx on Windows.
func tryLock(path string, flags int) (Lock, error) {
	lock := flock.New(path, flock.SetFlag(flags), flock.SetPermissions(0o666))
	switch ok, err := lock.TryLock(); {
	case ok:
		return lock, nil
	case err == nil:
		return nil, ErrHeld
	case cannotLock(err):
		return nil, ErrNoLocks
	default:
		return nil, err
	}
}

func cannotLock(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// Release gives a lock back; nil is fine.
func Release(lock Lock) {
	if lock != nil {
		_ = lock.Close()
	}
}

// TryLock locks a file of the folder, opened with flags, if nobody else has it. Errors are ErrHeld, ErrNoLocks,
// fs.ErrNotExist also for a file that has just lost its name, or the operating system's.
func (f *Folder) TryLock(name string, flags int) (Lock, error) {
	info, err := f.Stat(name)
	if err == nil && info != nil && !info.Mode().IsRegular() {
		err = errNoFile // a link could lead out of the folder
	}
	if err != nil {
		return nil, err
	}
	lock, err := uninterrupted(func() (Lock, error) { return f.system.Lock(f.Path(name), flags) })
	if err != nil {
		return nil, err
	}
	locked, err := lock.Stat()
	if info, _ = f.Stat(name); err != nil || info == nil || !os.SameFile(locked, info) {
		Release(lock)
		return nil, fs.ErrNotExist
	}
	return lock, nil
}

// LockOwn is TryLock for a file that this process has just made and keeps open. The lock is nil where it ends with the file.
func (f *Folder) LockOwn(file *os.File, name string) (Lock, error) {
	if f.system.lockOwn == nil {
		return f.TryLock(name, os.O_RDWR)
	}
	_, err := uninterrupted(func() (any, error) { return nil, f.system.lockOwn(file) })
	return nil, err
}

// LockFile is TryLock that waits until ctx ends. busy is called once, before the wait, which its error prevents. Errors are
// also charge.KindLocked at a deadline, and the end of ctx.
func (f *Folder) LockFile(ctx context.Context, name string, flags int, busy func() error) (Lock, error) {
	for told := false; ; told = true {
		lock, err := f.TryLock(name, flags)
		switch {
		case !errors.Is(err, ErrHeld):
			return lock, err
		case ctx.Err() != nil:
			return nil, LockHeld(ctx, f.Path(name))
		case !told:
			if err := busy(); err != nil {
				return nil, err
			}
		}
		charge.Sleep(ctx, LockPoll)
	}
}

// Lock is LockFile for what is right without a lock too: where none can be taken the person is told, once, and the lock
// is nil. Other errors stay, and so does that of a file which is not there and not to be made.
func (f *Folder) Lock(ctx context.Context, name string, flags int, busy func() error) (Lock, error) {
	lock, err := f.LockFile(ctx, name, flags, busy)
	if err == nil || errors.Is(err, fs.ErrNotExist) && flags&os.O_CREATE == 0 {
		return lock, err
	}
	err = OutputError("lock "+f.Path(name), err)
	if charge.KindOf(err) == charge.KindOutput {
		f.unlocked.Do(func() { f.notice(err.Error() + ": continuing without locks") })
		err = nil
	}
	return nil, err
}

// LockHeld is the end of a wait for a lock.
func LockHeld(ctx context.Context, path string) error {
	end := charge.Ended(ctx)
	if end.Kind != charge.KindDeadline {
		return end
	}
	return &charge.Error{Kind: charge.KindLocked, Op: "lock " + path, Reason: "another run still holds it at the deadline"}
}
