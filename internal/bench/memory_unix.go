//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// memoryOf is the resident memory of a process at its most, in bytes.
func memoryOf(s *os.ProcessState) int64 {
	usage, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(usage.Maxrss)
	}
	return int64(usage.Maxrss) << 10
}
