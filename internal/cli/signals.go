package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
)

// echo is how long after a signal another is the same one: timeout(1) signals its command and then the whole group.
const echo = 100 * time.Millisecond

// catchSignals cancels the context on the first SIGINT, SIGTERM or SIGHUP and then lets go, so that a second one
// kills. A hangup that the command takes (hungUp is true) ends nothing, and one that was ignored from outside (nohup)
// stays ignored. A closed pipe becomes a write error. All this holds once the channel is closed: it takes as long as making
// the commands, and goes on beside that. It holds until the process ends.
func catchSignals(ctx context.Context, hungUp func() bool) (context.Context, <-chan struct{}) {
	ctx, cancel := context.WithCancelCause(ctx)
	caught := make(chan struct{})
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
		if !signal.Ignored(syscall.SIGHUP) {
			signal.Notify(signals, syscall.SIGHUP)
		}
		signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
		close(caught)
		for sig := range signals {
			if sig == syscall.SIGHUP && hungUp() {
				continue
			}
			time.AfterFunc(echo, func() { signal.Stop(signals) })
			cause := signalOf(sig)
			cancel(&charge.Error{Kind: charge.KindInterrupted, Reason: cause.Error(), Err: cause})
			return
		}
	}()
	return ctx, caught
}

func signalOf(s os.Signal) exit.Signal {
	names := map[os.Signal]string{syscall.SIGHUP: "SIGHUP", syscall.SIGINT: "SIGINT", syscall.SIGTERM: "SIGTERM"}
	number, _ := s.(syscall.Signal)
	return exit.Signal{Name: names[s], Number: int(number)}
}
