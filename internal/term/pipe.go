package output

import (
	"errors"
	"io"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// IsClosedPipe reports whether a write failed because the reader of stdout went away, which ends a command quietly.
func IsClosedPipe(err error) bool {
	number, ok := errors.AsType[syscall.Errno](err)
	return ok && readerGone(number) || errors.Is(err, io.ErrClosedPipe)
}

// unwritable names the stream; the cause stays in the chain for IsClosedPipe.
func unwritable(err error) error {
	if err == nil {
		return nil
	}
	return charge.Errorf(charge.KindOutput, "standard output could not be written: %w", err)
}
