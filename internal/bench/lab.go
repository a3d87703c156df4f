package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// memory is a folder in memory, on Linux.
const memory = "/dev/shm"

// key is a test key as the API and the sandbox take it.
const key = "ch_sk_test_0123456789abcdef"

// lab is where rows are measured: a folder, the two programs that are built, and the hosts that both sides fetch from.
type lab struct {
	dir      string
	inMemory bool
	runs     int      // of each program, 0 for as many as the row needs
	env      []string // of every program: no settings of whoever runs this
	versions []string // of the peers

	chargectl, hello, peak string // programs
	trust                  string // the file of the certificate that the hosts are signed by

	files *fileHost
	long  *catalogue        // of a hundred thousand reports, once a row needs it
	logs  map[string]string // of the tests that ran, by name
	stops []func() error    // of what was started, in that order
}

// newLab builds the programs and starts the file host. What it prints about missing programs goes to stderr.
func newLab(ctx context.Context, parent string, runs int, stderr io.Writer) (l *lab, err error) {
	l = &lab{runs: runs, inMemory: parent == memory, logs: map[string]string{}}
	if _, err := os.Stat(parent); err != nil && l.inMemory {
		l.inMemory, parent = false, "" // where temporary files go
	}
	if l.dir, err = os.MkdirTemp(parent, "bench"); err != nil {
		return nil, err
	}
	l.stops = append(l.stops, func() error { return os.RemoveAll(l.dir) })
	defer func() {
		if err != nil {
			err = errors.Join(err, l.close())
		}
	}()
	l.env = []string{"HOME=" + l.dir, "PATH=" + os.Getenv("PATH"), "CHARGE_API_KEY=" + key}
	for _, program := range []string{"curl", "wget", "aria2c", "nginx", "strace"} {
		if l.missing(program) != "" {
			_, _ = fmt.Fprintf(stderr, "%s is not installed: without it some rows are left out or served from Go; on Debian: apt-get install %s\n",
				program, strings.TrimSuffix(program, "c"))
			continue
		}
		flag := map[string]string{"nginx": "-v"}[program]
		if flag == "" {
			flag = "--version"
		}
		said, err := exec.CommandContext(ctx, program, flag).CombinedOutput()
		if err != nil {
			return l, fmt.Errorf("%s %s: %w", program, flag, err)
		}
		number := regexp.MustCompile(`\d+(\.\d+)+`).FindString(string(said))
		l.versions = append(l.versions, program+" "+number)
	}
	if err := l.build(ctx); err != nil {
		return l, err
	}
	return l, l.serveFiles(ctx)
}

// build makes chargectl as it is released, and the smallest program that says something. They are where programs are, on
// disk, and copied as an installation copies them: a file in memory, or one that the linker wrote through a mapping, is in
// small pages of the kernel's cache, and starts a quarter slower than curl does from its own.
func (l *lab) build(ctx context.Context) error {
	programs, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	l.stops = append(l.stops, func() error { return os.RemoveAll(programs) })
	l.chargectl, l.hello, l.peak = filepath.Join(programs, "chargectl"), filepath.Join(programs, "hello"), filepath.Join(programs, "peak")
	source, sourceOfPeak := filepath.Join(l.dir, "hello.go"), filepath.Join(l.dir, "peak.go")
	const hello = "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello, world\") }\n"
	if err := errors.Join(os.WriteFile(source, []byte(hello), 0o600), os.WriteFile(sourceOfPeak, []byte(peak), 0o600)); err != nil {
		return err
	}
	for output, what := range map[string]string{l.chargectl: "./cmd/chargectl", l.hello: source, l.peak: sourceOfPeak} {
		if what == sourceOfPeak && runtime.GOOS == "windows" {
			continue
		}
		linked := output + ".linked"
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", linked, what)
		build.Env = append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("go build %s: %w\n%s", what, err, said)
		}
		if err := copyProgram(output, linked); err != nil {
			return err
		}
	}
	return nil
}

func copyProgram(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // a program is for running
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	_, err = io.Copy(struct{ io.Writer }{target}, source)
	return err
}

// missing is the first of the programs that is not installed, empty when all are.
func (l *lab) missing(programs ...string) string {
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			return program
		}
	}
	return ""
}

// close ends what was started and removes the folder.
func (l *lab) close() error {
	var errs []error
	for i := len(l.stops) - 1; i >= 0; i-- {
		errs = append(errs, l.stops[i]())
	}
	l.stops = nil
	return errors.Join(errs...)
}
