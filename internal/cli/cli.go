// Package cli is the command line: a file per command, the wiring of the other packages, and signals. It is the only
// package that knows Cobra.
//
// It decides nothing about reports (package reports does), formats nothing (package output does), and gives errors no
// exit codes (package exit does).
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	// unwinding is how long a command may take to end after a signal before it is left behind.
	unwinding = 650 * time.Millisecond
	// lastWords is how long writing its end may take then at the least, should stderr be blocked: both together are for
	// whoever needs them, so that a busy machine does not lose the hint.
	lastWords = 100 * time.Millisecond
)

// Main runs the command line of this process and returns its exit code.
func Main() int {
	app := &App{
		streams: term.System(os.Stdin, os.Stdout, os.Stderr),
		env:     config.RealEnv(),
		secrets: credential.RealSystem(),
		args:    os.Args[1:],
	}
	ctx, caught := catchSignals(context.Background(), app.hungUp)
	app.ready = caught
	return app.run(ctx)
}

// end is how a command ended, and which one it was.
type end struct {
	command *cobra.Command
	err     error
	words   time.Duration // how long telling it may take after a signal; 0 is all of the time that there is
}

// run executes the command line and always comes back: with the command's own end, with the panic it ended in, or
// within a second after a signal, whatever the command is doing then and whether or not stderr takes a word.
func (a *App) run(ctx context.Context) int {
	ends := make(chan end, 1)
	first := func(e end) {
		select {
		case ends <- e:
		default: // another end came first
		}
	}
	a.guard = func() {
		if cause := recover(); cause != nil {
			first(end{err: crashed(cause)})
		}
	}
	var work context.Context
	work, a.cancel = context.WithCancelCause(ctx)
	defer a.cancel(nil)
	a.screen = term.NewScreen(a.streams, a.cancel) // nobody reads what follows a result that cannot be written
	a.log.Store(a.guessedLog())
	go func() {
		defer a.guard()
		command, err := a.execute(work)
		first(end{command: command, err: err})
	}()
	select {
	case e := <-ends:
		return a.finish(ctx, e)
	case <-ctx.Done():
	}
	began := time.Now()
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), unwinding)
	defer cancel()
	a.still(late) // a second signal kills, and must find the terminal in order
	select {
	case e := <-ends:
		e.words = unwinding + lastWords - time.Since(began)
		return a.finish(ctx, e)
	case <-late.Done():
		a.screen.GiveUp()
		return a.finish(ctx, end{err: context.Cause(ctx), words: lastWords})
	}
}

// still ends all movement at the terminal.
func (a *App) still(ctx context.Context) {
	if p := a.progress.Load(); p != nil {
		p.Close(ctx)
	}
}

// finish tells how the run ended and gives its exit code. A result that could not be written comes before whatever else
// the command says of its end. After a signal it does not wait for stderr.
func (a *App) finish(ctx context.Context, e end) int {
	if failure := a.screen.Failure(); failure != nil {
		e.err = exit.Instead(e.err, failure)
	}
	if e.err == nil && a.progress.Load() == nil {
		return endCode(nil) // nothing moves and nothing is told
	}
	told := make(chan struct{})
	go func() {
		defer close(told)
		a.still(ctx)
		a.tell(e)
	}()
	select {
	case <-told:
		return endCode(e.err)
	case <-ctx.Done():
	}
	timer := time.NewTimer(cmp.Or(e.words, unwinding+lastWords))
	defer timer.Stop()
	select {
	case <-told:
	case <-timer.C:
	}
	return endCode(e.err)
}

func endCode(err error) int {
	if term.IsClosedPipe(err) {
		return exit.ClosedPipe
	}
	return exit.Code(err)
}

// tell writes on stderr how the run ended; nothing where the command has, or where nobody reads.
func (a *App) tell(e end) {
	if s, started := errors.AsType[exit.Started](e.err); started && s.Err == nil || e.err == nil || term.IsClosedPipe(e.err) {
		return
	}
	if stack, ok := errors.AsType[stackError](e.err); ok && a.global.debug {
		a.Log().Debug(stack.Error())
	}
	help := ""
	if e.command != nil && e.command.Runnable() {
		help = e.command.CommandPath()
	}
	for _, problem := range exit.Describe(e.err, help) {
		a.Log().Problem(progress.Problem(problem))
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

func (a *App) execute(ctx context.Context) (*cobra.Command, error) {
	root := newRootCmd(a)
	if a.ready != nil {
		<-a.ready
	}
	root.SetArgs(a.args)
	root.SetIn(a.streams.In)
	root.SetOut(a.screen.Stdout())
	root.SetErr(a.screen)
	return root.ExecuteContextC(ctx)
}
