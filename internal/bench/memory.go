package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
)

// peak runs a program and writes its resident memory at its most into a file. What a system counts for a process begins
// with its parent's, so the parent is this small one.
const peak = `package main

import (
	"os"
	"strconv"
	"syscall"
)

func main() {
	var status syscall.WaitStatus
	var usage syscall.Rusage
	pid, err := syscall.ForkExec(os.Args[2], os.Args[2:], &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}})
	if err == nil {
		_, err = syscall.Wait4(pid, &status, 0, &usage)
	}
	if err != nil || status.ExitStatus() != 0 {
		os.Exit(1)
	}
	_ = os.WriteFile(os.Args[1], []byte(strconv.FormatInt(int64(usage.Maxrss), 10)), 0o600)
}
`

// memory gives the resident memory of a program at its most, in MiB.
func (l *lab) memory(ctx context.Context, runs int, c contender) (figure, spread string, err error) {
	if runtime.GOOS == "windows" {
		return "not known on this system", "", nil
	}
	if l.runs > 0 {
		runs = l.runs
	}
	unit := 1 << 10
	if runtime.GOOS == "darwin" {
		unit = 1
	}
	file := filepath.Join(l.dir, "peak.bytes")
	c.commands = [][]string{append([]string{l.peak, file}, c.commands[0]...)}
	var sizes []float64
	for range runs {
		if _, err := l.once(ctx, c); err != nil {
			return "", "", err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return "", "", err
		}
		size, err := strconv.Atoi(string(text))
		if err != nil {
			return "", "", err
		}
		sizes = append(sizes, float64(size*unit)/(1<<20))
	}
	slices.Sort(sizes)
	return fmt.Sprintf("%.1f MiB", median(sizes)), fmt.Sprintf("%.1f to %.1f", sizes[0], sizes[len(sizes)-1]), nil
}
