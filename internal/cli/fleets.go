package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newFleetsCmd(app *App) *cobra.Command {
	return newGroup(&cobra.Command{
		Use:     "fleets",
		Short:   "Show fleets with their names and time zones",
		Example: "  chargectl fleets list\n  chargectl fleets get flt_…\n  chargectl fleets list --jq '.[].name'",
		GroupID: groupMain,
	}, newFleetsListCmd(app), newFleetsGetCmd(app))
}

var fleetColumns = []string{"ID", "NAME", "STATUS", "TIMEZONE", "VEHICLES"}

func fleetRow(f charge.Fleet) output.Row {
	return output.Row{Object: f.Raw, Cells: []output.Cell{
		{Text: f.ID, Kind: output.IDCell}, {Text: f.Name}, {Text: f.Status, Kind: output.StatusCell},
		{Text: f.Timezone}, {Text: strconv.FormatInt(f.Vehicles, 10)},
	}}
}

func newFleetsListCmd(app *App) *cobra.Command {
	var o listFlags
	return withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List fleets",
		Long:       "List the fleets of all pages. Piped, each is one line: id, name, status, zone, vehicles, separated by tabs.",
		Example: `  chargectl fleets list
  chargectl fleets list --json
  chargectl fleets list --jq '.[] | select(.status == "active") | .id'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runFleetsList(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runFleetsList(ctx context.Context, app *App, o listFlags) error {
	client, err := o.connect(ctx, app, "fleets")
	if err != nil {
		return err
	}
	return listAll(app, o, client.FleetPages(ctx), fleetColumns, fleetRow)
}

func newFleetsGetCmd(app *App) *cobra.Command {
	return withFlags(&cobra.Command{
		Use:   "get FLEET",
		Short: "Show one fleet, by id or exact name",
		Long:  "Show one fleet, by its id or its exact name. Piped, it is one line: id, name, status, zone, vehicles.",
		Example: `  chargectl fleets get flt_…
  chargectl fleets get flt_… --json
  chargectl fleets get flt_… --jq .timezone`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeFleets(app),
		RunE:              func(cmd *cobra.Command, args []string) error { return runFleetsGet(cmd.Context(), app, args[0]) },
	}, &app.format)
}

func runFleetsGet(ctx context.Context, app *App, name string) error {
	if name == "" {
		return charge.Usagef("no fleet named: give an id or an exact name")
	}
	if _, err := app.Connect(ctx); err != nil {
		return err
	}
	fleet, err := app.findFleet(ctx, name)
	if err == nil && fleet.Raw == nil {
		fleet, err = app.Fleet(ctx, fleet.ID)
	}
	if err != nil {
		return err
	}
	return app.out.Sheet(output.Shape{Columns: fleetColumns}).Fill(fleetRow(fleet))
}
