package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

type getOptions struct{ zone zoneFlag }

func (o *getOptions) addFlags(fs *pflag.FlagSet) { o.zone.addFlags(fs) }

func newReportsGetCmd(app *App) *cobra.Command {
	var o getOptions
	return app.withFlags(&cobra.Command{
		Use:        "get ID",
		SuggestFor: []string{"show", "view"},
		Short:      "Show one report",
		Long: `It is shown as it is now, without waiting: at a terminal all that is known of it, with its times by the clock of
--timezone. Piped, it is one line: id, status, type, fleet, start, end, created, size, separated by tabs.`,
		Example: `  # the newest report
  chargectl reports get "$(chargectl reports list --limit 1 --jq '.[].id')"
  # all that the API says of a report
  chargectl reports get ID --json
  # its status alone
  chargectl reports get ID --jq .status`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeReports(app, everyReport),
		RunE:              func(cmd *cobra.Command, args []string) error { return runGet(cmd.Context(), app, o, args[0]) },
	}, &o, &app.format)
}

func runGet(ctx context.Context, app *App, o getOptions, id string) error {
	if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
		return err
	}
	view, err := o.zone.view(app)
	if err != nil {
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
	return view.card(ctx, r).show(app.out)
}
