package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newReportsGetCmd(app *App) *cobra.Command {
	return withFlags(&cobra.Command{
		Use:        "get ID",
		SuggestFor: []string{"show", "view"},
		Short:      "Show one report",
		Long: `It is shown as it is now, without waiting. Piped, it is one line: id, status, type, fleet, start, end, created,
size, separated by tabs.`,
		Example: `  # the newest report
  chargectl reports get "$(chargectl reports list --limit 1 --jq '.[].id')"
  # all that the API says of a report
  chargectl reports get ID --json
  # its status alone
  chargectl reports get ID --jq .status`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeReports(app),
		RunE:              func(cmd *cobra.Command, args []string) error { return runGet(cmd.Context(), app, args[0]) },
	}, &app.format)
}

func runGet(ctx context.Context, app *App, id string) error {
	if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	r, err := client.Report(ctx, id)
	if err != nil {
		return err
	}
	return app.out.Sheet(output.Shape{Columns: reportColumns}).Fill(reportRow(r))
}
