package disk

import (
	"context"
	"errors"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// System is what the operating system does to files, as far as it may fail. The zero System is the real one; tests put one
// in its place that fails.
type System struct {
	Access func(path string) error // whether files can be made in a folder
	Write  func(file *os.File, data []byte) (int, error)
	Sync   func(file *os.File) error // of a folder too
	Rename func(root *os.Root, from, to string) error
	Link   func(root *os.Root, from, to string) error            // a second name for a file
	Stat   func(root *os.Root, name string) (os.FileInfo, error) // of a link itself
	// Lock locks the file of a path, opened with flags. It does not wait: ErrHeld is another process's lock, ErrNoLocks
	// a file system that has none.
	Lock func(path string, flags int) (Lock, error)
	// lockOwn locks a file that is open already; it is nil where Lock is to be asked.
	lockOwn func(file *os.File) error
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
	if s.Link == nil {
		s.Link = (*os.Root).Link
	}
	if s.Stat == nil {
		s.Stat = (*os.Root).Lstat
	}
	if s.Lock == nil {
		s.Lock, s.lockOwn = tryLock, flockOwn()
	}
	return s
}

// renameFile tries again for over a second on Windows: a virus scanner or indexer may hold either file for a moment.
func renameFile(root *os.Root, from, to string) error {
	for delay := 10 * time.Millisecond; ; delay *= 2 {
		err := root.Rename(from, to)
		if err == nil || runtime.GOOS != "windows" || delay > time.Second {
			return err
		}
		charge.Sleep(context.Background(), delay)
	}
}

// uninterrupted repeats a system call that a signal interrupted, as network file systems do (signal(7)).
func uninterrupted[T any](call func() (T, error)) (T, error) {
	for {
		if result, err := call(); !errors.Is(err, syscall.EINTR) {
			return result, err
		}
	}
}
