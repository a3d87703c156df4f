package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Examination is what was found about a folder. The errors are nil where all is well.
type Examination struct {
	Path     string // the folder, or the nearest one above it that exists
	Missing  bool   // the folder itself has yet to be made
	Writable error
	Locks    error // charge.KindOutput where there are none; runs then go on without
	Free     int64 // bytes that can still be written, -1 when that is not known
}

// Examine tries out whether files can be written to a folder, and leaves nothing behind.
func Examine(dir string) Examination {
	e := Examination{Path: dir, Free: -1}
	for {
		_, err := os.Stat(e.Path)
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(e.Path) == e.Path {
			break
		}
		e.Path, e.Missing = filepath.Dir(e.Path), true
	}
	probe, err := os.CreateTemp(e.Path, ".chargectl-probe-*")
	if err != nil {
		e.Writable = OutputError("write into "+e.Path, err)
		return e
	}
	_ = probe.Close()
	defer os.Remove(probe.Name())
	lock, err := tryLock(probe.Name(), os.O_RDWR)
	Release(lock)
	if err != nil {
		e.Locks = OutputError("lock a file in "+e.Path, err)
	}
	e.Free = freeBytes(e.Path)
	return e
}
