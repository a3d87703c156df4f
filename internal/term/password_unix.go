//go:build !windows

package term

import (
	"os"

	"golang.org/x/sys/unix"
)

const terminalDevice = "/dev/tty"

// silence has a terminal show nothing of what is typed, until restore. It still gives whole lines, and its keys for
// signals and for the end of input keep their meaning.
func silence(f *os.File) (restore func(), err error) {
	fd := int(f.Fd())
	before, err := unix.IoctlGetTermios(fd, getTermios)
	if err != nil {
		return nil, err
	}
	quiet := *before
	quiet.Lflag &^= unix.ECHO
	quiet.Lflag |= unix.ICANON | unix.ISIG
	quiet.Iflag |= unix.ICRNL
	if err := unix.IoctlSetTermios(fd, setTermios, &quiet); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, nil
}
