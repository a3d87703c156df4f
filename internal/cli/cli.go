// Package cli is the command line: a file per command, the wiring of the other rooms, signals, and the one table
// from errors to exit codes. It is the only room that knows Cobra.
//
// It decides nothing about reports (package reports does) and formats nothing (package output does).
package cli

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"
	_ "time/tzdata" // periods are right on machines without zone data: Windows, empty containers

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/output"
)

// unwinding is how long a command may take to end after a signal before it is left behind.
const unwinding = 800 * time.Millisecond

// Main runs the command line of this process and returns its exit code.
func Main() int {
	app := &App{
		streams: output.SystemStreams(os.Stdin, os.Stdout, os.Stderr),
		env:     config.RealEnv(),
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

func newRootCmd(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "chargectl",
		Short: "Get EV-charging reports out of the Charge API and onto disk",
		Long: `chargectl asks the Charge API for reports, waits until they are ready, and writes their files.
Every command can be run again by a machine that does not think, and be right.`,
		Example: `  chargectl reports create --type charging_summary --download
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports
  chargectl sandbox run -- chargectl reports create --type charging_summary --download`,
		Version:           app.build.Version,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return app.start(cmd.Context()) },
	}
	cmd.SetVersionTemplate("chargectl {{.Version}}\n")
	cmd.SetIn(app.streams.In)
	cmd.SetOut(app.streams.Out)
	cmd.SetErr(app.streams.Err)
	cmd.SetFlagErrorFunc(app.flagError)
	app.global.addFlags(cmd.PersistentFlags())
	asGroup(cmd)
	cmd.AddGroup(&cobra.Group{ID: groupMain, Title: "Reports and fleets:"}, &cobra.Group{ID: groupSetup, Title: "Setting up:"})
	cmd.AddCommand(newReportsCmd(app), newFleetsCmd(app))
	cmd.AddCommand(newAuthCmd(app), newConfigCmd(app), newDoctorCmd(app), newSandboxCmd(app))
	cmd.AddCommand(newCompletionCmd(app), newVersionCmd(app))
	addTopics(cmd)
	cmd.SetHelpCommand(newHelpCmd())
	nameHelp(cmd)
	completeWords(cmd)
	cmd.CompletionOptions.DisableDefaultCmd = true
	return cmd
}

// nameHelp makes --help known to every command before the command line is read: an unknown flag takes the next word
// for its value, and chargectl --help reports create would be about no command at all.
func nameHelp(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	for _, sub := range cmd.Commands() {
		nameHelp(sub)
	}
}

// The groups of the root's help.
const (
	groupMain  = "main"
	groupSetup = "setup"
)
