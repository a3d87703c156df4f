package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newFleetsCmd(app *App) *cobra.Command {
	cmd := newGroup("fleets", "Show fleets with their names and time zones", newFleetsListCmd(app), newFleetsGetCmd(app))
	cmd.Example = "  chargectl fleets list\n  chargectl fleets get flt_…\n  chargectl fleets list --jq '.[].name'"
	cmd.GroupID = groupMain
	return cmd
}

var fleetColumns = []string{"ID", "NAME", "STATUS", "TIMEZONE", "VEHICLES"}

func fleetRow(f charge.Fleet) output.Row {
	return output.Row{Object: f.Raw, Cells: []output.Cell{
		{Text: f.ID, Kind: output.IDCell}, {Text: f.Name}, {Text: f.Status, Kind: output.StatusCell},
		{Text: f.Timezone}, {Text: strconv.FormatInt(f.Vehicles, 10)},
	}}
}

type fleetsListOptions struct{ limit int }

func (o *fleetsListOptions) addFlags(fs *pflag.FlagSet) {
	fs.IntVar(&o.limit, "limit", 0, "at most this many in all (default all)")
}

func newFleetsListCmd(app *App) *cobra.Command {
	var o fleetsListOptions
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List fleets",
		Long:  "List the fleets of all pages. Piped, each is one line: id, name, status, zone, vehicles, separated by tabs.",
		Example: `  chargectl fleets list
  chargectl fleets list --json
  chargectl fleets list --jq '.[] | select(.status == "active") | .id'`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runFleetsList(cmd.Context(), app, o)
		},
	}
	o.addFlags(cmd.Flags())
	app.format.addFlags(cmd.Flags())
	return cmd
}

func runFleetsList(ctx context.Context, app *App, o fleetsListOptions) error {
	if o.limit < 0 {
		return charge.Usagef("--limit %d is negative: give the number of fleets to list, or leave it out for all", o.limit)
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	sheet := app.Out().Sheet(output.Shape{Columns: fleetColumns, Array: true})
	return listAll(app, sheet, client.Client.FleetPages(ctx), fleetRow, o.limit) // none of them is asked for again
}

func newFleetsGetCmd(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get FLEET",
		Short: "Show one fleet, by id or exact name",
		Long:  "Show one fleet, by its id or its exact name. Piped, it is one line: id, name, status, zone, vehicles.",
		Example: `  chargectl fleets get flt_…
  chargectl fleets get flt_… --json
  chargectl fleets get flt_… --jq .timezone`,
		Args:              usageArgs(cobra.ExactArgs(1)),
		ValidArgsFunction: completeFleets(app),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runFleetsGet(cmd.Context(), app, args[0])
		},
	}
	app.format.addFlags(cmd.Flags())
	return cmd
}

func runFleetsGet(ctx context.Context, app *App, name string) error {
	if name == "" {
		return charge.Usagef("no fleet named: give an id or an exact name")
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	fleet, err := findFleet(ctx, client, name)
	if err == nil && fleet.Raw == nil {
		fleet, err = client.Fleet(ctx, fleet.ID)
	}
	if err != nil {
		return err
	}
	return app.Out().Sheet(output.Shape{Columns: fleetColumns}).Fill(fleetRow(fleet))
}
