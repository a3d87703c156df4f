//go:build !windows

package term

import "syscall"

func readerGone(number syscall.Errno) bool { return number == syscall.EPIPE }

func diskFull(number syscall.Errno) bool {
	return number == syscall.ENOSPC || number == syscall.EDQUOT || number == syscall.EFBIG
}
