//go:build unix

package disk

import (
	"errors"
	"syscall"
)

// openAtOnce keeps the opening of a pipe that nobody reads from waiting (open(2), O_NONBLOCK).
const openAtOnce = syscall.O_NONBLOCK

func noReader(err error) bool { return errors.Is(err, syscall.ENXIO) }
