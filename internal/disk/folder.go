// Package disk is a folder on disk in which files are created, written, flushed, locked and renamed so that a crash, a
// full disk or another process loses nothing: whatever a name or a link in it says, nothing is touched outside it.
//
// It is not for what the files are: how a report's file gets onto disk is download's, its name filename's.
package disk

import (
	"cmp"
	"crypto/rand"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// Folder is where files are written. Nothing is read or written outside it, whatever a name or a link in it points to
// (os.Root). It is safe for use by several goroutines.
type Folder struct {
	root   *os.Root
	path   string // as the user gave it, for messages and results
	system System
	notice func(string)

	unsynced, unlocked sync.Once                // the notices of what the file system cannot do
	before             sync.Map                 // of each folder that was asked about, its names: see Before
	self               func() (*os.File, error) // the folder itself, opened once, to be flushed
}

// errNoFile is about a name that leads to something else.
var errNoFile = errors.New("it is not a file")

// Open opens a folder for files and makes it when it is missing. notice is told, once each, what the file system
// cannot do. Errors are charge.KindOutput.
func Open(path string, system System, notice func(string)) (*Folder, error) {
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, OutputError("make folder "+path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, OutputError("open folder "+path, err)
	}
	self := sync.OnceValues(func() (*os.File, error) { return root.Open(".") })
	return &Folder{root: root, path: path, system: system.orReal(), notice: notice, self: self}, nil
}

// Close releases the folder.
func (f *Folder) Close() error {
	if dir, err := f.self(); err == nil {
		_ = dir.Close()
	}
	return f.root.Close()
}

// Path is a file's path as the user would write it.
func (f *Folder) Path(name string) string { return filepath.Join(f.path, filepath.FromSlash(name)) }

// Notice tells the person something about this folder.
func (f *Folder) Notice(text string) { f.notice(text) }

// Writable reports whether files can be made in the folder. Errors are charge.KindOutput.
func (f *Folder) Writable() error {
	if err := f.system.Access(f.root.Name()); err != nil {
		return OutputError("write into "+f.path, err)
	}
	return nil
}

// Stat describes the file of a name; it is nil when there is none. Links are not followed. Errors are charge.KindOutput.
func (f *Folder) Stat(name string) (fs.FileInfo, error) {
	info, err := uninterrupted(func() (fs.FileInfo, error) { return f.system.Stat(f.root, name) })
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, OutputError("read "+f.Path(name), err)
	}
	return info, nil
}

// MakeParents makes the folders that a name asks for. Errors are charge.KindOutput.
func (f *Folder) MakeParents(name string) error {
	parent := path.Dir(name)
	if parent == "." {
		return nil // Open has made it
	}
	if err := f.root.MkdirAll(parent, 0o777); err != nil {
		return OutputError("make folder "+f.Path(parent), err)
	}
	return nil
}

// Open opens a file that an earlier run left, for reading; nil when there is none. Errors are charge.KindOutput, also for
// what has its name and is no file.
func (f *Folder) Open(name string) (*os.File, error) {
	info, err := f.Stat(name)
	if err != nil || info == nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, OutputError("read "+f.Path(name), errNoFile)
	}
	file, err := f.root.Open(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, OutputError("read "+f.Path(name), err)
	}
	return file, nil
}

// Create makes a new file; that there is one already is fs.ErrExist. It is the only way in which this package opens a
// file for writing, so nobody ever writes to a file that another process made.
func (f *Folder) Create(name string, mode fs.FileMode) (*os.File, error) {
	return f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, mode)
}

// Write writes to a file that Create has made; errors are the operating system's.
func (f *Folder) Write(file *os.File, data []byte) (int, error) { return f.system.Write(file, data) }

// SyncFile makes a file's bytes last. A file system that cannot is tolerated, with one notice. Errors are the operating
// system's.
func (f *Folder) SyncFile(file *os.File) error {
	err := f.system.Sync(file)
	if !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTTY) {
		return err
	}
	f.unsynced.Do(func() {
		f.notice(f.path + ": the file system cannot flush files to disk (fsync): continuing without, a power cut may lose the last ones")
	})
	return nil
}

// Rename gives a file another name, in place of what has that; errors are the operating system's.
func (f *Folder) Rename(from, to string) error {
	_, err := uninterrupted(func() (any, error) { return nil, f.system.Rename(f.root, from, to) })
	return err
}

// Link gives a file one more name, which must be free: fs.ErrExist says that it is not, fs.ErrNotExist that there is no such
// file. Where a file cannot have two names, it is a copy. Sync makes the name last. Other errors are charge.KindOutput.
func (f *Folder) Link(from, to string) error {
	_, err := uninterrupted(func() (any, error) { return nil, f.system.Link(f.root, from, to) })
	if err == nil || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		return err
	}
	old, err := f.Open(from)
	if err == nil && old == nil {
		err = fs.ErrNotExist
	}
	if err != nil {
		return err
	}
	defer old.Close()
	if there, err := f.Stat(to); err != nil || there != nil {
		return cmp.Or(err, error(fs.ErrExist))
	}
	temporary := to + ".tmp"
	if err := f.Remove(temporary); err != nil {
		return err
	}
	file, err := f.Create(temporary, 0o666)
	if err == nil {
		_, err = io.CopyBuffer(writer(func(p []byte) (int, error) { return f.system.Write(file, p) }), struct{ io.Reader }{old}, make([]byte, 64<<10))
		if err == nil {
			err = f.SyncFile(file)
		}
		err = errors.Join(err, file.Close())
	}
	if err == nil {
		err = f.Rename(temporary, to)
	}
	if err != nil {
		return errors.Join(OutputError("write "+f.Path(to), err), f.Remove(temporary))
	}
	return nil
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// Names lists what is in a folder beneath this one now; . is this one. Errors are charge.KindOutput.
func (f *Folder) Names(folder string) ([]string, error) {
	dir, err := f.root.Open(folder)
	if err != nil {
		return nil, OutputError("read "+f.Path(folder), err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, OutputError("read "+f.Path(folder), err)
	}
	return names, nil
}

// Publish gives a finished file its final name, and makes that last through a power cut. Errors are charge.KindOutput.
func (f *Folder) Publish(from, to string) error {
	if err := f.Rename(from, to); err != nil {
		return OutputError("rename "+f.Path(from)+" to "+f.Path(to), err)
	}
	return f.Sync(path.Dir(to))
}

// Sync makes the entries of a folder beneath this one last, . is this one; on Windows folders cannot be flushed. Errors are
// charge.KindOutput.
func (f *Folder) Sync(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := f.self()
	if name != "." {
		if dir, err = f.root.Open(name); err == nil {
			defer dir.Close()
		}
	}
	if err == nil {
		err = f.SyncFile(dir)
	}
	if err != nil {
		return OutputError("flush folder "+f.Path(name), err)
	}
	return nil
}

// Remove unlinks a name; that it was not there is fine. Errors are charge.KindOutput.
func (f *Folder) Remove(name string) error {
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return OutputError("remove "+f.Path(name), err)
	}
	return nil
}

// WriteFile writes a small file at once, so that it is never seen half written, and makes it last. Errors are
// charge.KindOutput. The temporary name is a fixed one, for a killed run's to be found again; where another run without
// locks uses it at the same time, it is one that nobody else knows.
func (f *Folder) WriteFile(name string, data []byte) error {
	if err := f.WriteBefore(name, data); err != nil {
		return err
	}
	return f.Sync(path.Dir(name))
}

// WriteBefore is WriteFile for a file that goes before one which Publish is about to give its name in the same folder: what
// makes that name last makes this one last too.
func (f *Folder) WriteBefore(name string, data []byte) error {
	err := f.replace(name, name+".tmp", 0o666, data)
	if errors.Is(err, errOvertaken) {
		err = f.replace(name, name+"."+rand.Text()[:8]+".tmp", 0o666, data)
	}
	return err
}

// WritePrivate is WriteFile for a file that nobody else may read, which is hidden until it is whole. written reports
// whether it is there in spite of an error: then only its folder could not be flushed.
func (f *Folder) WritePrivate(name string, data []byte) (written bool, err error) {
	if err := f.replace(name, "."+name+".tmp", 0o600, data); err != nil {
		return false, err
	}
	return true, f.Sync(path.Dir(name))
}

// errOvertaken says that another run used the same temporary name, as happens without locks.
var errOvertaken = errors.New("another run is changing it too, and there are no locks here")

func (f *Folder) replace(name, temporary string, mode fs.FileMode, data []byte) error {
	if err := f.Remove(temporary); err != nil {
		return err
	}
	file, err := f.Create(temporary, mode)
	if errors.Is(err, fs.ErrExist) {
		err = errOvertaken
	}
	if err != nil {
		return OutputError("write "+f.Path(name), err)
	}
	_, err = f.system.Write(file, data)
	if err == nil {
		err = f.SyncFile(file)
	}
	ours, statErr := file.Stat()
	if err = errors.Join(err, statErr, file.Close()); err != nil {
		return errors.Join(OutputError("write "+f.Path(name), err), f.Remove(temporary))
	}
	// Without locks another run may have put its own file there, half written.
	if there, err := f.Stat(temporary); err != nil || there == nil || !os.SameFile(ours, there) {
		return OutputError("write "+f.Path(name), errOvertaken)
	}
	if err := f.Rename(temporary, name); errors.Is(err, fs.ErrNotExist) {
		return OutputError("write "+f.Path(name), errOvertaken)
	} else if err != nil {
		return errors.Join(OutputError("rename "+f.Path(temporary)+" to "+f.Path(name), err), f.Remove(temporary))
	}
	return nil
}

// Before lists the names in a folder that keep wants, as they were when this run first asked about that folder.
func (f *Folder) Before(folder string, keep func(name string) bool) []string {
	list := sync.OnceValue(func() (names []string) {
		if dir, err := f.root.Open(folder); err == nil {
			names, _ = dir.Readdirnames(-1)
			_ = dir.Close()
		}
		return slices.DeleteFunc(names, func(name string) bool { return !keep(name) })
	})
	first, _ := f.before.LoadOrStore(folder, list)
	return first.(func() []string)()
}

// OutputError is charge.KindOutput for what the operating system did not do to a file: why, without naming the path twice,
// and what helps. An error that has a kind stays as it is.
func OutputError(op string, err error) error {
	if e, ok := errors.AsType[*charge.Error](err); ok {
		return e
	}
	cause, hint := err, ""
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		cause = path.Err
	} else if link, ok := errors.AsType[*os.LinkError](err); ok {
		cause = link.Err
	}
	switch {
	case Full(err):
		hint = "make room on the disk, or choose another folder with --dir"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		hint = "make the folder writable, or choose another with --dir"
	}
	return &charge.Error{Kind: charge.KindOutput, Op: op, Reason: strings.TrimSpace(cause.Error()), Hint: hint, Err: err}
}

// Full reports whether there was no room: on the disk, or within the user's quota.
func Full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }
