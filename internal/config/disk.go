package config

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
)

// disk is the file system as this package needs it, so that a test can have calls fail that no test can make fail.
type disk struct {
	open   func(path string) (*os.File, error)
	sync   func(f *os.File) error
	rename func(ctx context.Context, from, to string) error
	lock   func(ctx context.Context, path string) (io.Closer, error) // the closer also where it fails
}

func realDisk() disk {
	return disk{
		open: os.Open, sync: (*os.File).Sync, rename: rename,
		lock: func(ctx context.Context, path string) (io.Closer, error) {
			lock := flock.New(path, flock.SetPermissions(private))
			_, err := lock.TryLockContext(ctx, lockPause)
			return lock, err
		},
	}
}

const (
	lockLimit = 10 * time.Second
	lockPause = 20 * time.Millisecond
)

// locked calls change while nobody else changes the file, after a wait of at most 10 s. Where locks are impossible it
// goes on: two edits in the same instant are rare, and the file is replaced whole in any case.
func (d disk) locked(ctx context.Context, path string, change func() error) error {
	limited, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	lock, err := d.lock(limited, path)
	defer func() { _ = lock.Close() }()
	switch {
	case err == nil, errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return change()
	case ctx.Err() != nil:
		return charge.Ended(ctx).About("change the configuration", "")
	case limited.Err() != nil:
		return charge.Errorf(charge.KindLocked, "another run has been changing the configuration file for %s: it holds %s", lockLimit, path)
	default:
		return cannotWrite(err)
	}
}

// synced makes a file or folder last through a power cut. A file system that has no fsync is no failure.
func (d disk) synced(f *os.File) error {
	err := d.sync(f)
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTTY) {
		return nil
	}
	return err
}

// syncFolder makes the entries of a folder last. Windows has no such call.
func (d disk) syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.synced(folder), folder.Close())
}

// cannotWrite is of KindOutput. The file is never half changed, so what helps is all there is to say.
func cannotWrite(err error) error {
	return outputError("the configuration file cannot be written", err)
}

func outputError(what string, err error) error {
	e := charge.Errorf(charge.KindOutput, what+": %w", err)
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Hint = "make room on its disk"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Hint = "make its folder writable, or name another file with --config or CHARGE_CONFIG"
	}
	return e
}

// replace puts data in place of a file in one step. The new file has one fixed name until then, so that a run that is
// killed leaves nothing that the next one does not remove. Errors are of KindOutput.
func (d disk) replace(ctx context.Context, path string, data []byte) error {
	temporary := beside(path, ".tmp")
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(err)
	}
	made, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return cannotWrite(err)
	}
	_, err = made.Write(data)
	ours, statErr := made.Stat()
	if err := cmp.Or(err, statErr, d.synced(made), made.Close()); err != nil {
		_ = made.Close()
		_ = os.Remove(temporary)
		return cannotWrite(err)
	}
	// Without locks another run may have put its own file there, half written.
	if there, err := os.Lstat(temporary); err != nil || !os.SameFile(ours, there) {
		return cannotWrite(errors.New("another run is changing it too, and there are no locks here"))
	}
	if err := d.rename(ctx, temporary, path); err != nil {
		_ = os.Remove(temporary)
		return cannotWrite(err)
	}
	if err := d.syncFolder(filepath.Dir(path)); err != nil {
		return outputError("the configuration file was written, but may not outlast a power cut", err)
	}
	return nil
}

// beside is a hidden file of ours next to the configuration file.
func beside(path, suffix string) string {
	return filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+suffix)
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

// rename tries again for about a second on Windows, where a virus scanner or an indexer may hold either file for a
// moment.
func rename(ctx context.Context, from, to string) error {
	err := os.Rename(from, to)
	for pause := 10 * time.Millisecond; err != nil && runtime.GOOS == "windows" && pause < time.Second && charge.Sleep(ctx, pause); pause *= 2 {
		err = os.Rename(from, to)
	}
	return err
}
