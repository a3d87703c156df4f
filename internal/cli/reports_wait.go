package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/reports"
)

func newWaitCmd(app *App) *cobra.Command {
	var o waitFlags
	cmd := &cobra.Command{
		Use:   "wait ID… | -",
		Short: "Wait until reports finish",
		Long: `Wait until every report has finished, under one deadline for all. Each is looked at first; what is finished
already costs no waiting. Faults of network and server do not end a wait before its deadline. Prints id and status,
separated by a tab, as each report ends. With - the ids come from standard input, one per line.`,
		Example: `  chargectl reports wait rpt_…
  chargectl reports wait rpt_… --timeout 2h
  chargectl reports list --status pending | chargectl reports wait -`,
		Args:              usageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeReports(app),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runWait(cmd.Context(), app, o, args)
		},
	}
	o.addFlags(cmd.Flags(), defaultTimeout)
	app.format.addFlags(cmd.Flags())
	return cmd
}

func runWait(ctx context.Context, app *App, o waitFlags, args []string) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	wait, err := o.options(cfg, defaultTimeout)
	if err != nil {
		return err
	}
	ids, err := app.readIDs(ctx, args)
	if err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	sheet := app.Out().Sheet(output.Shape{Array: true, Live: true})
	ends := app.service(client).Wait(ctx, ids, wait, func(end reports.End) { app.showEnd(sheet, end) })
	return exit.Continue(endsWith(ends, sheet), app.again(ids...))
}

// showEnd prints a report's last status, unless a signal ended the run before the report did.
func (a *App) showEnd(sheet *output.Sheet, end reports.End) {
	if charge.KindOf(end.Err) == charge.KindInterrupted {
		return
	}
	a.keep(sheet.Add(statusRow(end.ID, end.Status(), end.Report.Raw)))
}

// endsWith closes the sheet and gathers what went wrong.
func endsWith(ends []reports.End, sheet *output.Sheet) error {
	errs := make([]error, 0, len(ends)+1)
	for _, end := range ends {
		errs = append(errs, end.Err)
	}
	return exit.Join(append(errs, sheet.Close())...)
}
