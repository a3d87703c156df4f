package term

import "syscall"

// readerGone knows ERROR_BROKEN_PIPE and ERROR_NO_DATA (Windows system error codes): the reader has closed, or is
// closing, the pipe.
func readerGone(number syscall.Errno) bool { return number == 109 || number == 232 }

// diskFull knows ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL.
func diskFull(number syscall.Errno) bool { return number == 39 || number == 112 }
