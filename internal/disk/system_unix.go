//go:build linux || darwin

package disk

import (
	"errors"
	"os"
	"syscall"
)

// flockOwn is flock(2) without a wait.
func flockOwn() func(*os.File) error {
	return func(file *os.File) error {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrHeld
		case err != nil && cannotLock(err):
			return ErrNoLocks
		}
		return err
	}
}

// access asks whether files can be made in a folder, without making one: a crash would leave it behind.
func access(path string) error {
	const write, search = 2, 1
	return syscall.Access(path, write|search)
}

// freeBytes is how much can still be written to a folder, -1 when that is not known.
func freeBytes(path string) int64 {
	var fs syscall.Statfs_t
	if syscall.Statfs(path, &fs) != nil {
		return -1
	}
	return int64(fs.Bavail) * int64(fs.Bsize)
}
