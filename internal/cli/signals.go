package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// signalError is the end by a signal; the exit code is 128 and its number, as a shell would show it.
type signalError struct {
	name   string
	number int
}

func (e signalError) Error() string { return "interrupted by " + e.name }

// catchSignals cancels the context on the first SIGINT, SIGTERM or SIGHUP and then lets go, so that a second one
// kills. A hangup that was ignored from outside (nohup) stays ignored. A closed pipe becomes a write error.
func catchSignals(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(signals, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		caught, ok := <-signals
		if !ok {
			return
		}
		signal.Stop(signals)
		cause := signalOf(caught)
		cancel(&charge.Error{Kind: charge.KindInterrupted, Reason: cause.Error(), Err: cause})
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}

func signalOf(s os.Signal) signalError {
	switch s {
	case syscall.SIGHUP:
		return signalError{"SIGHUP", 1}
	case syscall.SIGTERM:
		return signalError{"SIGTERM", 15}
	default:
		return signalError{"SIGINT", 2}
	}
}

// signalCode is the exit code of an interrupted run.
func signalCode(err error) int {
	if s, ok := errors.AsType[signalError](err); ok {
		return 128 + s.number
	}
	return 130
}
