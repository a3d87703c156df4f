//go:build !windows

package output

import "syscall"

var closedPipeErrnos = []syscall.Errno{syscall.EPIPE}
