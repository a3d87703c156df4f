package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
)

// How a command that we run is ended once we are signalled. What is left of unwinding is for cleaning up after it.
const (
	grace    = 300 * time.Millisecond // for a signal that a terminal may have sent to both of us
	patience = 500 * time.Millisecond // then it is killed
)

// runChild runs a program on our own streams until it ends; its exit code is ours. A signal to us is passed on to it and
// to what it has started, and what does not end by itself is killed.
//
// At a terminal the program stays in our process group, as if it had been typed there: it may read the keyboard, Ctrl-C
// and Ctrl-Z reach it without us, and a second Ctrl-C from us would kill it before it has said what continues. Elsewhere
// it gets a group of its own, so that nothing of it outlives us.
func (a *App) runChild(ctx context.Context, path string, argv, env []string) error {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), path, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, a.streams.In, a.streams.Out, a.streams.Err
	cmd.WaitDelay = unwinding - patience // only where our streams are no files
	atTerminal := a.streams.InTTY || a.streams.OutTTY || a.streams.ErrTTY
	processes := newProcesses(cmd, !atTerminal)
	if err := cmd.Start(); err != nil {
		return notStarted(argv[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	var tell, kill <-chan time.Time // after a signal to us
	caught, ok := exit.Signal{}, false
	signalled := ctx.Done()
	for {
		select {
		case err := <-ended:
			processes.kill() // what it has left behind
			return childEnd(err)
		case <-signalled:
			signalled, kill = nil, time.After(patience)
			if caught, ok = errors.AsType[exit.Signal](context.Cause(ctx)); !ok {
				caught.Number = int(syscall.SIGTERM)
			}
			tell = time.After(0)
			if atTerminal && caught.Number != int(syscall.SIGTERM) {
				tell = time.After(grace)
			}
		case <-tell:
			processes.signal(syscall.Signal(caught.Number))
		case <-kill:
			processes.kill()
			<-ended //nolint:errcheck // that it was killed is known
			return context.Cause(ctx)
		}
	}
}

// childEnd is the end of a program that was started.
func childEnd(err error) error {
	if end, ok := errors.AsType[*exec.ExitError](err); ok {
		if status, ok := end.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return exit.Started{ExitCode: 128 + int(status.Signal())} // as a shell shows it
		}
		return exit.Started{ExitCode: end.ExitCode()}
	}
	return err
}

// notStarted says why a program was not started, with the exit codes of env, nice and timeout.
func notStarted(name string, err error) error {
	missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist)
	if missing && !onPath(name) {
		return exit.Started{ExitCode: 127, Err: charge.Usagef("run %s: there is no such command", name)}
	}
	if missing {
		err = fs.ErrPermission // exec.LookPath passes over what it may not run
	}
	if inner, ok := errors.AsType[*exec.Error](err); ok {
		err = inner.Err
	}
	return exit.Started{ExitCode: 126, Err: charge.Usagef("run %s: %w", name, err)}
}

// onPath tells whether the PATH has a file of this name, executable or not.
func onPath(name string) bool {
	if filepath.Base(name) != name {
		return false
	}
	for _, folder := range filepath.SplitList(os.Getenv("PATH")) {
		if info, err := os.Stat(filepath.Join(folder, name)); err == nil && info.Mode().IsRegular() {
			return true
		}
	}
	return false
}
