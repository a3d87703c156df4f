package config

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

const lockLimit = 10 * time.Second

// lockToEdit keeps others from changing the file, after a wait of at most 10 s. Where locks are impossible it goes on:
// two edits in the same instant are rare, and the file is replaced whole in any case.
func lockToEdit(ctx context.Context, folder *disk.Folder, name string) (disk.Lock, error) {
	limited, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	lock, err := folder.LockFile(limited, name, os.O_RDWR|os.O_CREATE)
	switch {
	case err == nil, errors.Is(err, disk.ErrNoLocks):
		return lock, nil
	case ctx.Err() != nil:
		return nil, charge.Ended(ctx).About("change the configuration", "")
	case limited.Err() != nil:
		return nil, charge.Errorf(charge.KindLocked, "another run has been changing the configuration file for %s: it holds %s",
			lockLimit, folder.Path(name))
	default:
		return nil, notWritten(err)
	}
}

// notWritten is of KindOutput. The file is never half changed, so what helps is all there is to say.
func notWritten(err error) *charge.Error {
	e := charge.Errorf(charge.KindOutput, "the configuration file cannot be written: %w", err)
	switch {
	case disk.Full(err):
		e.Hint = "make room on its disk"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Hint = "make its folder writable, or name another file with --config or CHARGE_CONFIG"
	}
	return e
}

// linkTarget follows links, dangling ones too, and refuses what a rename must never replace, such as /dev/null.
func linkTarget(path string) (string, error) {
	const maxLinks = 40
	for range maxLinks {
		next, err := os.Readlink(path)
		if err != nil {
			break // it is no link
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return path, nil
	case err == nil && !info.Mode().IsRegular():
		return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
	}
	return path, err
}
