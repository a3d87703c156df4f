package cli

import (
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/disk"
)

// What a file system may lack, as notices name it.
const (
	noFsync = "cannot flush files to disk"
	noLocks = "lock"
)

// diskFault is a system call that fails, once or for as long as a command runs.
type diskFault struct {
	name   string
	disk   func(c *cell) disk.System
	times  int
	want   codes  // a word per column, as in the fault table
	notice string // what stderr says that it goes on without, once and no more
}

func diskFaults() []diskFault {
	const (
		fatal    codes = "- - 7  - 7  7 7"
		harmless codes = "- - 0  - 0  0 0"
		held     codes = "- - 9  - 9  9 9"
	)
	return []diskFault{
		{"write: ENOSPC", writeFails(syscall.ENOSPC, 0), lasting, fatal, ""},
		{"write: ENOSPC halfway", writeFails(syscall.ENOSPC, 2), lasting, fatal, ""},
		{"write: EDQUOT halfway", writeFails(syscall.EDQUOT, 2), lasting, fatal, ""},
		{"write: EIO", writeFails(syscall.EIO, 0), lasting, fatal, ""},
		{"write: EIO halfway, once", writeFails(syscall.EIO, 2), 1, fatal, ""},
		{"fsync of the file: EIO", syncFails(syscall.EIO, isFile), lasting, fatal, ""},
		{"fsync of the file: ENOSPC", syncFails(syscall.ENOSPC, isFile), lasting, fatal, ""},
		{"fsync of the file: EDQUOT", syncFails(syscall.EDQUOT, isFile), 1, fatal, ""},
		{"fsync of the file: EOPNOTSUPP", syncFails(syscall.EOPNOTSUPP, isFile), lasting, harmless, noFsync},
		{"fsync: EINVAL", syncFails(syscall.EINVAL, nil), lasting, harmless, noFsync},
		{"fsync: ENOTTY", syncFails(syscall.ENOTTY, nil), lasting, harmless, noFsync},
		{"fsync of the folder: EIO", syncFails(syscall.EIO, isFolder), lasting, fatal, ""},
		{"fsync of the folder: ENOSPC", syncFails(syscall.ENOSPC, isFolder), 1, fatal, ""},
		{"fsync of the folder: EOPNOTSUPP", syncFails(syscall.EOPNOTSUPP, isFolder), lasting, harmless, noFsync},
		{"rename: EIO", renameFails(syscall.EIO), lasting, fatal, ""},
		{"rename: EACCES", renameFails(syscall.EACCES), 1, fatal, ""},
		{"rename: EINTR", renameFails(syscall.EINTR), 3, harmless, ""},
		{"flock: ENOLCK", lockFails(disk.ErrNoLocks), lasting, harmless, noLocks},
		{"flock: EIO", lockFails(syscall.EIO), lasting, harmless, noLocks},
		{"flock: EINTR", lockFails(syscall.EINTR), 3, harmless, ""},
		{"flock: held until the deadline", lockIsHeld, lasting, held, ""},
	}
}

// writeFails has a write fail after as many bytes as a part of it, of which 0 is nothing.
func writeFails(number syscall.Errno, part int) func(c *cell) disk.System {
	return func(c *cell) disk.System {
		return disk.System{Write: func(file *os.File, data []byte) (int, error) {
			if !c.due() {
				return file.Write(data)
			}
			n := 0
			if part > 0 {
				n, _ = file.Write(data[:len(data)/part])
			}
			return n, &os.PathError{Op: "write", Path: file.Name(), Err: number}
		}}
	}
}

func isFolder(info os.FileInfo) bool { return info.IsDir() }
func isFile(info os.FileInfo) bool   { return !info.IsDir() }

// syncFails has fsync fail, of what is meant, or of everything.
func syncFails(number syscall.Errno, meant func(os.FileInfo) bool) func(c *cell) disk.System {
	return func(c *cell) disk.System {
		return disk.System{Sync: func(file *os.File) error {
			info, err := file.Stat()
			if err != nil {
				return err
			}
			if (meant == nil || meant(info)) && c.due() {
				return &os.PathError{Op: "sync", Path: file.Name(), Err: number}
			}
			return file.Sync()
		}}
	}
}

func renameFails(number syscall.Errno) func(c *cell) disk.System {
	return func(c *cell) disk.System {
		return disk.System{Rename: func(root *os.Root, from, to string) error {
			if c.due() {
				return &os.LinkError{Op: "renameat", Old: from, New: to, Err: number}
			}
			return root.Rename(from, to)
		}}
	}
}

func lockFails(reason error) func(c *cell) disk.System {
	return func(c *cell) disk.System {
		return disk.System{Lock: func(path string, flags int) (disk.Lock, error) {
			if c.due() {
				return nil, reason
			}
			return os.OpenFile(path, flags, 0o600)
		}}
	}
}

// lockIsHeld has another process hold every lock.
func lockIsHeld(*cell) disk.System {
	return disk.System{Lock: func(string, int) (disk.Lock, error) { return nil, disk.ErrHeld }}
}

// due counts down how often a fault happens.
func (c *cell) due() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left == 0 {
		return false
	}
	c.left--
	return true
}

func (f diskFault) wantNotice(c *cell, stderr string) {
	c.t.Helper()
	want := 0
	if f.notice == noFsync || f.notice == noLocks && strings.HasPrefix(c.name, "sync") {
		want = 1 // a new file takes no lock that another run would see
	}
	said := regexp.MustCompile(f.notice+".*continuing without").FindAllString(stderr, -1)
	if f.notice != "" && len(said) != want {
		c.t.Errorf("%d notices of what the file system cannot do, want %d:\n%s", len(said), want, stderr)
	}
}

// TestDiskFaults runs the commands of the fault table that write files on a disk that fails.
func TestDiskFaults(t *testing.T) {
	cells := 0
	for _, f := range diskFaults() {
		if runtime.GOOS == "windows" && strings.Contains(f.name, "folder") {
			continue // there are no folders to flush
		}
		eachColumn(t, f.want, func(col column, code int) {
			cells++
			inCell(t, f.name+"/"+col.name, col, nil, func(c *cell) {
				c.disk, c.moment, c.left = f.disk(c), onDisk, f.times
				stderr := c.runWithFault(code)
				f.wantNotice(c, stderr)
				c.continueAfter(code, stderr)
			})
		})
	}
	t.Logf("%d cells", cells)
}
