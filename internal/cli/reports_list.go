package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/progress"
)

type listOptions struct {
	listFlags
	status string
	fleet  string
}

func (o *listOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.status, "status", "", "`STATUS` only reports of this status")
	fs.StringVar(&o.fleet, "fleet", "", "`FLEET` only reports of this fleet, by id or exact name")
	o.listFlags.addFlags(fs)
}

func newReportsListCmd(app *App) *cobra.Command {
	var o listOptions
	return withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List reports, newest first",
		Long: `All pages are read. Piped, each report is one line: id, status, type, fleet, start, end, created, size, separated by
tabs. When --limit leaves reports out, stderr says "more exist".`,
		Example: `  # the ten newest
  chargectl reports list --limit 10
  # all that are still to be made, as the API gives them
  chargectl reports list --status pending --json
  # the ids alone
  chargectl reports list --jq '.[].id'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runList(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runList(ctx context.Context, app *App, o listOptions) error {
	client, err := o.connect(ctx, app, "reports")
	if err != nil {
		return err
	}
	fleet, err := app.findFleet(ctx, o.fleet)
	if err != nil {
		return err
	}
	noteStatus(app.Log(), o.status)
	pages := client.ReportPages(ctx, charge.ReportFilter{Status: charge.Status(o.status), Fleet: fleet.ID})
	return listAll(app, o.listFlags, pages, reportColumns, reportRow)
}

// noteStatus says when a status is probably misspelled. The set is open, so it is asked for all the same.
func noteStatus(notes *progress.Log, status string) {
	known := charge.Statuses()
	if status == "" || slices.Contains(known, status) {
		return
	}
	if near := charge.Nearest(status, known); near != "" {
		notes.Note(fmt.Sprintf("status %q is not one that is known; did you mean %s?", status, near))
	}
}
