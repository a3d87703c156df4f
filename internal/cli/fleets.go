package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newFleetsCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:   "fleets",
		Short: "Show fleets with their names and time zones",
		Example: `  # every fleet
  chargectl fleets list
  # the zone of the first one
  chargectl fleets get "$(chargectl fleets list --limit 1 --jq '.[].id')" --jq .timezone
  # the names alone
  chargectl fleets list --jq '.[].name'`,
		GroupID: groupMain,
	}, newFleetsListCmd, newFleetsGetCmd)
}

var fleetColumns = []string{"ID", "NAME", "STATUS", "TIMEZONE", "VEHICLES"}

// fleetRow is a fleet in a list. Its name is what --fleet takes, so that where there is no room the id is cut before it.
func fleetRow(f charge.Fleet) output.Row {
	return output.Row{Object: f.Raw, Cells: []output.Cell{
		{Text: f.ID}, {Text: f.Name, Kind: output.IDCell}, {Text: f.Status, Kind: output.StatusCell},
		{Text: f.Timezone}, {Text: strconv.FormatInt(f.Vehicles, 10)},
	}}
}

func newFleetsListCmd(app *App) *cobra.Command {
	var o listFlags
	return app.withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List fleets",
		Long:       "All pages are read. Piped, each fleet is one line: id, name, status, zone, vehicles, separated by tabs.",
		Example: `  # every fleet
  chargectl fleets list
  # all that the API says of them
  chargectl fleets list --json
  # the ids of those that are active
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
	return listAll(app, o, nothing{text: "no fleets"}, client.FleetPages(ctx), fleetColumns, fleetRow)
}

func newFleetsGetCmd(app *App) *cobra.Command {
	return app.withFlags(&cobra.Command{
		Use:   "get FLEET",
		Short: "Show one fleet, by id or exact name",
		Long:  "Piped, it is one line: id, name, status, zone, vehicles, separated by tabs.",
		Example: `  # the first one
  chargectl fleets get "$(chargectl fleets list --limit 1 --jq '.[].id')"
  # all that the API says of a fleet
  chargectl fleets get FLEET --json
  # its time zone alone
  chargectl fleets get FLEET --jq .timezone`,
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
	return app.fleetCard(fleet).show(app.out)
}
