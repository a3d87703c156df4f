package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

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
	for told := false; ; told = true {
		// O_NONBLOCK and ENXIO: the opening of a pipe that nobody reads fails instead of waiting (open(2)).
		file, err := os.OpenFile(path, os.O_WRONLY|syscall.O_NONBLOCK, 0)
		info, _ := os.Stat(path)
		unread := errors.Is(err, syscall.ENXIO) && info != nil && info.Mode()&fs.ModeNamedPipe != 0
		switch end := charge.Ended(ctx); {
		case err == nil:
			return file, nil
		case !unread:
			return nil, OutputError("write "+path, err)
		case ctx.Err() != nil && end.Kind != charge.KindDeadline:
			return nil, end.About("write "+path, "")
		case ctx.Err() != nil:
			return nil, &charge.Error{Kind: charge.KindOutput, Op: "write " + path, Reason: "nobody reads the pipe at the deadline", Err: err}
		case !told:
			notice("nobody reads the pipe " + path + " yet: waiting for that")
		}
		charge.Sleep(ctx, LockPoll)
	}
}
