package disk

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// IsDevice reports whether a path is written to directly: a device, a pipe, or what /dev leads to, which may be a file
// (/dev/stdout). /dev/shm is a folder for files like any other.
func IsDevice(path string) bool {
	path = filepath.Clean(path)
	if strings.HasPrefix(path, "/dev/") && !strings.HasPrefix(path, "/dev/shm/") || strings.HasPrefix(path, "/proc/") {
		return true
	}
	info, err := os.Stat(path)
	return err == nil && info.Mode()&(fs.ModeDevice|fs.ModeNamedPipe|fs.ModeSocket|fs.ModeIrregular) != 0
}

// OpenDevice opens what is written to straight. A pipe that nobody reads yet is waited for until ctx ends; notice is told.
// Errors are charge.KindOutput, or the end of ctx where that is not a deadline.
func OpenDevice(ctx context.Context, path string, notice func(string)) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|openAtOnce, 0)
	if info, _ := os.Stat(path); noReader(err) && info != nil && info.Mode()&fs.ModeNamedPipe != 0 {
		notice("nobody reads the pipe " + path + " yet: waiting for that")
		for noReader(err) && charge.Sleep(ctx, LockPoll) {
			file, err = os.OpenFile(path, os.O_WRONLY|openAtOnce, 0)
		}
		switch end := charge.Ended(ctx); {
		case noReader(err) && end.Kind != charge.KindDeadline:
			return nil, end.About("write "+path, "")
		case noReader(err):
			return nil, &charge.Error{Kind: charge.KindOutput, Op: "write " + path, Reason: "nobody reads the pipe at the deadline", Err: err}
		}
	}
	if err != nil {
		return nil, OutputError("write "+path, err)
	}
	return file, nil
}
