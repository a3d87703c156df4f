// Package cli is the command line: a file per command, the wiring of the other packages, and signals. It is the only
// package that knows Cobra.
//
// It decides nothing about reports (package reports does), formats nothing (package output does), and gives errors no
// exit codes (package exit does).
package cli

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // periods are right on machines without zone data: Windows, empty containers

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/output"
)

// unwinding is how long a command may take to end after a signal before it is left behind.
const unwinding = 800 * time.Millisecond

// Main runs the command line of this process and returns its exit code.
func Main() int {
	app := &App{
		streams: output.SystemStreams(os.Stdin, os.Stdout, os.Stderr),
		env:     config.RealEnv(),
		secrets: credential.RealSystem(),
		args:    os.Args[1:],
		build:   readBuild(),
	}
	ctx, stop := catchSignals(context.Background())
	defer stop()
	return app.run(ctx)
}

// run executes the command line and always comes back: with the command's own end, with the panic it ended in, or
// shortly after a signal, whatever the command is doing then.
func (a *App) run(ctx context.Context) int {
	done := make(chan error, 1)
	a.guard = func() {
		if cause := recover(); cause != nil {
			select {
			case done <- crashed(cause):
			default: // another panic came first
			}
		}
	}
	go func() {
		defer a.guard()
		err := a.execute(ctx)
		select {
		case done <- err:
		default:
		}
	}()
	select {
	case err := <-done:
		return a.finish(err)
	case <-ctx.Done():
		a.still() // a second signal kills, and must not find the cursor hidden
	}
	timer := time.NewTimer(unwinding)
	defer timer.Stop()
	select {
	case err := <-done:
		return a.finish(err)
	case <-timer.C:
		return a.finish(context.Cause(ctx))
	}
}

func crashed(cause any) error {
	return &charge.Error{
		Kind: charge.KindInternal, Op: "internal error", Reason: fmt.Sprint(cause),
		Hint: "this is a bug; --debug shows where it happened", Err: stackError(debug.Stack()),
	}
}

// stackError is where a panic happened; only --debug shows it.
type stackError []byte

func (s stackError) Error() string { return string(s) }

func (a *App) execute(ctx context.Context) error {
	ctx, a.cancel = context.WithCancelCause(ctx)
	defer a.cancel(nil)
	root := newRootCmd(a)
	root.SetArgs(a.args)
	cmd, err := root.ExecuteContextC(ctx)
	a.command = cmd
	return err
}
