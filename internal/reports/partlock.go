package reports

import (
	"context"
	"errors"
	"io/fs"
	"os"
)

// maxSteals bounds how often a part may be replaced under our hands before something else must be wrong.
const maxSteals = 50

// errStolen says that another process replaced the part between our opening and our locking it.
var errStolen = errors.New("the part was replaced")

// acquire opens and locks the part, from the start again when another process replaced it meanwhile.
func (p *part) acquire(ctx context.Context) error {
	for range maxSteals {
		err := p.open(ctx)
		if err == nil {
			p.owned = true
			return nil
		}
		p.letGo()
		if !errors.Is(err, errStolen) {
			return err
		}
		if !pause(ctx, lockPoll) {
			return lockHeld(ctx, p.path())
		}
	}
	return outputError("write "+p.path(), errStolen)
}

// open takes what is there, or makes what is not: never both at once, so that no link is followed to make a file.
func (p *part) open(ctx context.Context) error {
	name := p.name + partSuffix
	info, err := p.folder.stat(name)
	if err != nil {
		return err
	}
	if info != nil && !info.Mode().IsRegular() {
		if err := p.folder.remove(name); err != nil {
			return err
		}
		info = nil
	}
	flags := os.O_RDWR | os.O_APPEND
	if info == nil {
		flags |= os.O_CREATE | os.O_EXCL
	}
	p.file, err = p.folder.root.OpenFile(name, flags, 0o666)
	switch {
	case err == nil:
		return p.lockFile(ctx)
	case info == nil && errors.Is(err, fs.ErrExist), info != nil && errors.Is(err, fs.ErrNotExist):
		return errStolen
	}
	return outputError("write "+p.path(), err)
}

// lockFile locks the part that is open and checks that the name still leads to it.
func (p *part) lockFile(ctx context.Context) error {
	if p.lockless || p.lock != nil {
		return p.mine()
	}
	flags := os.O_RDWR
	if lockApart {
		flags |= os.O_CREATE
	}
	lock, waited, err := takeLock(ctx, p.folder.Path(p.name+lockSuffix), flags)
	p.waited = p.waited || waited
	switch {
	case errors.Is(err, errNoLocks):
		p.lockless = true
		p.notice(p.path() + " cannot be locked on this file system: going on without")
	case errors.Is(err, fs.ErrNotExist):
		return errStolen
	case err != nil:
		return outputError("lock "+p.path(), err)
	}
	p.lock = lock
	return p.mine()
}

// mine checks that the part's name leads to the file that we opened, and that this is what we locked.
func (p *part) mine() error {
	open, err := p.file.Stat()
	if err != nil {
		return outputError("look at "+p.path(), err)
	}
	named, err := p.folder.stat(p.name + partSuffix)
	if err != nil {
		return err
	}
	if named == nil || !os.SameFile(open, named) || !lockApart && p.lock != nil && !locks(p.lock, open) {
		return errStolen
	}
	p.offset = open.Size()
	return nil
}

func (p *part) letGo() {
	if p.file != nil {
		_ = p.file.Close()
	}
	release(p.lock)
	if lockApart && p.lock != nil {
		_ = p.folder.remove(p.name + lockSuffix)
	}
	p.file, p.lock, p.owned = nil, nil, false
}
