package output

import "syscall"

// ERROR_BROKEN_PIPE and ERROR_NO_DATA (Windows system error codes): the reader has closed, or is closing, the pipe.
var closedPipeErrnos = []syscall.Errno{109, 232}
