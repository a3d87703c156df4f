package download

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// Disk is what the operating system does to files, as far as it may fail. The zero Disk is the real one; tests put one
// in its place that fails.
type Disk struct {
	Access func(path string) error // whether files can be made in a folder
	Write  func(file *os.File, data []byte) (int, error)
	Sync   func(file *os.File) error // of a folder too
	Rename func(root *os.Root, from, to string) error
	// Lock locks the file of a path, opened with flags, until the lock is closed or the process ends. It waits until
	// ctx ends; waited says that another had it. It is flock(2), or LockFileEx on Windows.
	Lock func(ctx context.Context, path string, flags int) (lock Lock, waited bool, err error)
}

// Lock is a lock that is held. Stat describes the file that it is on.
type Lock interface {
	Close() error
	Stat() (os.FileInfo, error)
}

func (d Disk) write(file *os.File, data []byte) (int, error) {
	if d.Write != nil {
		return d.Write(file, data)
	}
	return file.Write(data)
}

func (d Disk) sync(file *os.File) error {
	if d.Sync != nil {
		return d.Sync(file)
	}
	return file.Sync()
}

func (d Disk) rename(root *os.Root, from, to string) error {
	rename := d.Rename
	if rename == nil {
		rename = renameFile
	}
	return uninterrupted(func() error { return rename(root, from, to) })
}

func (d Disk) lock(ctx context.Context, path string, flags int) (lock Lock, waited bool, err error) {
	take := d.Lock
	if take == nil {
		take = takeLock
	}
	err = uninterrupted(func() error {
		var again bool
		lock, again, err = take(ctx, path, flags)
		waited = waited || again
		return err
	})
	return lock, waited, err
}

// uninterrupted repeats a system call that a signal interrupted, as network file systems do (signal(7)).
func uninterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
