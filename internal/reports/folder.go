package reports

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// Folder is where files land. Nothing is read or written outside it, whatever a name or a link in it says (os.Root).
type Folder struct {
	root *os.Root
	path string // as the user gave it, for messages and results
}

// OpenFolder opens a folder for landing and makes it when it is missing. Errors are charge.KindOutput.
func OpenFolder(path string) (*Folder, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, outputError("make folder "+path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, outputError("open folder "+path, err)
	}
	return &Folder{root: root, path: path}, nil
}

// Close releases the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Path is a file's path as the user would write it.
func (f *Folder) Path(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// stat describes the file of a name; it is nil when there is none. Links are not followed.
func (f *Folder) stat(name string) (fs.FileInfo, error) {
	info, err := f.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, outputError("look at "+f.Path(name), err)
	}
	return info, nil
}

// makeParents makes the folders that a name asks for.
func (f *Folder) makeParents(name string) error {
	parent := filepath.Dir(filepath.FromSlash(name))
	if parent == "." {
		return nil
	}
	if err := f.root.MkdirAll(parent, 0o777); err != nil {
		return outputError("make folder "+f.Path(parent), err)
	}
	return nil
}

// remove unlinks a name; that it was not there is fine.
func (f *Folder) remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return outputError("remove "+f.Path(name), err)
	}
	return nil
}

// rename gives a finished file its final name, and makes that last through a power cut.
func (f *Folder) rename(from, to string) error {
	err := renameFile(f.root, from, to)
	if err != nil {
		return outputError("rename "+f.Path(from)+" to "+f.Path(to), err)
	}
	f.sync(filepath.Dir(filepath.FromSlash(to)))
	return nil
}

// sync makes a folder's entries last. Some file systems cannot; the rename itself has then been done all the same.
func (f *Folder) sync(name string) {
	dir, err := f.root.Open(name)
	if err != nil {
		return
	}
	defer dir.Close()
	_ = dir.Sync()
}

// writeFile writes a small file at once: under another name first, so that it is never seen half written.
func (f *Folder) writeFile(name string, data []byte) error {
	temporary := name + ".tmp"
	if err := f.remove(temporary); err != nil {
		return err
	}
	file, err := f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return outputError("write "+f.Path(name), err)
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return errors.Join(outputError("write "+f.Path(name), err), f.remove(temporary))
	}
	return f.rename(temporary, name)
}

// outputError says what could not be done to a file, and why, without naming the path twice.
func outputError(op string, err error) error {
	if e, ok := errors.AsType[*charge.Error](err); ok {
		return e
	}
	cause := err
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		cause = path.Err
	} else if link, ok := errors.AsType[*os.LinkError](err); ok {
		cause = link.Err
	}
	return &charge.Error{Kind: charge.KindOutput, Op: op, Reason: strings.TrimSpace(cause.Error()), Hint: mending(err), Err: err}
}

// mending is what a person can do about the usual causes.
func mending(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return "make room: the bytes that are there are kept"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "make the folder writable, or choose another with --dir"
	}
	return ""
}
