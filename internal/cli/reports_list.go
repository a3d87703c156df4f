package cli

import (
	"context"
	"iter"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

type listOptions struct {
	listFlags
	statuses []string
	fleet    string
	zone     zoneFlag
}

func (o *listOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.statuses, "status", nil, "`STATUS` only reports of this status (repeatable, or separated by commas)")
	fs.StringVar(&o.fleet, "fleet", "", "`FLEET` only reports of this fleet, by id or exact name")
	o.zone.addFlags(fs)
	o.listFlags.addFlags(fs)
}

func newReportsListCmd(app *App) *cobra.Command {
	var o listOptions
	return app.withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List reports, newest first",
		Long: `All pages are read. Piped, each report is one line: id, status, type, fleet, start, end, created, size, separated by
tabs; at a terminal fleets are shown by name, and periods by the calendar of --timezone. When --limit leaves reports out, stderr says "more exist".`,
		Example: `  # the ten newest
  chargectl reports list --limit 10
  # all that are still to be made, as the API gives them
  chargectl reports list --status pending,processing --json
  # the ids alone
  chargectl reports list --jq '.[].id'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runList(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runList(ctx context.Context, app *App, o listOptions) error {
	view, err := o.zone.view(app)
	if err != nil {
		return err
	}
	client, err := o.connect(ctx, app, "reports")
	if err != nil {
		return err
	}
	fleet, err := app.findFleet(ctx, o.fleet)
	if err != nil {
		return err
	}
	pages := func(status string) iter.Seq2[[]charge.Report, error] {
		return client.ReportPages(ctx, charge.ReportFilter{Status: charge.Status(status), Fleet: fleet.ID})
	}
	reports := pages(strings.Join(o.statuses, ""))
	if len(o.statuses) > 1 {
		reports = o.ofAll(pages)
	}
	return listAll(app, o.listFlags, o.none(), reports, reportColumns, func(r charge.Report) output.Row { return view.row(ctx, r) })
}

// ofAll are the reports of several statuses, newest first: the API lists one status at a time. A report whose status
// changes meanwhile is listed once.
func (o *listOptions) ofAll(pages func(status string) iter.Seq2[[]charge.Report, error]) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) {
		var all []charge.Report
		seen := map[string]bool{}
		for _, status := range slices.Compact(slices.Sorted(slices.Values(o.statuses))) {
			found := 0
			for page, err := range pages(status) {
				if err != nil {
					yield(nil, err)
					return
				}
				for _, r := range page {
					if !seen[r.ID] {
						seen[r.ID], all = true, append(all, r)
					}
				}
				if found += len(page); o.limit > 0 && found > o.limit {
					break // these suffice, and show that more exist
				}
			}
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].Created.After(all[j].Created) })
		yield(all, nil)
	}
}

// none is the note about an empty list. The set of statuses is open, so an unknown one may be a new one or a mistake: where
// it matches nothing the note lists those that are known, in a pipe too.
func (o *listOptions) none() nothing {
	if len(o.statuses) == 0 {
		return nothing{text: "no reports"}
	}
	known := charge.Statuses()
	n := nothing{text: "no reports with status " + strings.Join(o.statuses, " or ")}
	if slices.ContainsFunc(o.statuses, func(status string) bool { return !slices.Contains(known, status) }) {
		n = nothing{text: n.text + "; there are: " + strings.Join(known, ", "), always: true}
	}
	return n
}
