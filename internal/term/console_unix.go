//go:build !windows

package term

import (
	"os"

	"golang.org/x/sys/unix"
)

const terminalDevice = "/dev/tty"

// understandsEscapes is true of every terminal but the Windows console; TERM=dumb is for Lively and NewPalette to see.
func understandsEscapes(*os.File) bool { return true }

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
	return func() { _ = unix.IoctlSetTermios(fd, setTermios, before) }, unix.IoctlSetTermios(fd, setTermios, &quiet)
}
