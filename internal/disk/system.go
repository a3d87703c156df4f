package disk

import (
	"context"
	"errors"
	"os"
	"syscall"
)

// System is what the operating system does to files, as far as it may fail. The zero System is the real one; tests put one
// in its place that fails.
type System struct {
	Access func(path string) error // whether files can be made in a folder
	Write  func(file *os.File, data []byte) (int, error)
	Sync   func(file *os.File) error // of a folder too
	Rename func(root *os.Root, from, to string) error
	Stat   func(root *os.Root, name string) (os.FileInfo, error) // of a link itself
	// Lock locks the file of a path, opened with flags, until the lock is closed or the process ends. It waits until
	// ctx ends; waited reports whether another process had it. It is flock(2), or LockFileEx on Windows.
	Lock func(ctx context.Context, path string, flags int) (lock Lock, waited bool, err error)
}

// Lock is a lock that is held. Stat describes the file that it is on.
type Lock interface {
	Close() error
	Stat() (os.FileInfo, error)
}

// orReal fills in the real functions.
func (s System) orReal() System {
	if s.Access == nil {
		s.Access = access
	}
	if s.Write == nil {
		s.Write = (*os.File).Write
	}
	if s.Sync == nil {
		s.Sync = (*os.File).Sync
	}
	if s.Rename == nil {
		s.Rename = renameFile
	}
	if s.Stat == nil {
		s.Stat = (*os.Root).Lstat
	}
	if s.Lock == nil {
		s.Lock = takeLock
	}
	return s
}

// uninterrupted repeats a system call that a signal interrupted, as network file systems do (signal(7)).
func uninterrupted(call func() error) error {
	for {
		if err := call(); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
