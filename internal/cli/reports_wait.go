package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/poll"
)

type waitOptions struct{ wait waitFlags }

func (o *waitOptions) addFlags(fs *pflag.FlagSet) { o.wait.addFlags(fs, defaultTimeout) }

func newReportsWaitCmd(app *App) *cobra.Command {
	var o waitOptions
	return app.withFlags(&cobra.Command{
		Use:   "wait ID… | -",
		Short: "Wait until reports finish",
		Long: `One deadline holds for all of them. Reports that have finished already are not waited for, and temporary errors of
network or server do not end a wait. Prints id and status, separated by a tab, as each report ends. With - the ids come
from standard input, one per line.`,
		Example: `  # the newest report
  chargectl reports wait "$(chargectl reports list --limit 1 --jq '.[].id')"
  # one report, for two hours at most
  chargectl reports wait ID --timeout 2h
  # all that are still to be made
  chargectl reports list --status pending,processing | chargectl reports wait -`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeReports(app, stillOpen),
		RunE:              func(cmd *cobra.Command, args []string) error { return runWait(cmd.Context(), app, o, args) },
	}, &o, &app.format)
}

func runWait(ctx context.Context, app *App, o waitOptions, args []string) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	wait, err := o.wait.options(cfg, defaultTimeout)
	if err != nil {
		return err
	}
	ids, err := app.readIDs(ctx, cfg, args)
	if err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return exit.Continue(err, app.continuation("reports wait", &o, ids, resolved{}))
	}
	sheet := app.out.Sheet(output.Shape{Array: true, Live: true})
	errs := app.service(client).Wait(ctx, ids, wait, func(end poll.End) {
		if !bySignal(end.Err) {
			_ = sheet.Add(statusRow(end.ID, end.Status(), end.Report.Raw)) // Close has the error
		}
	})
	var open []string
	for i, err := range errs {
		if exit.Repeatable(err) {
			open = append(open, ids[i])
		}
	}
	err = exit.Join(exit.Each("reports", ids, errs), sheet.Close())
	return exit.Continue(err, app.continuation("reports wait", &o, open, resolved{}.moreTime(err, wait.Timeout, defaultTimeout)))
}

// bySignal says that a signal ended the run before the report ended: its last status is no result.
func bySignal(err error) bool { return err != nil && charge.KindOf(err) == charge.KindInterrupted }
