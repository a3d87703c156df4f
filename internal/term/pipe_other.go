//go:build !windows

package output

import "syscall"

func readerGone(number syscall.Errno) bool { return number == syscall.EPIPE }
