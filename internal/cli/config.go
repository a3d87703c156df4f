package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/term"
)

func newConfigCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:   "config",
		Short: "Show and change settings",
		Example: `  # what is in effect, and why
  chargectl config list
  # save typing --type
  chargectl config set type charging_summary
  # where all this is
  chargectl config path`,
		GroupID: groupSetup,
	}, newConfigListCmd, newConfigGetCmd, newConfigSetCmd, newConfigUnsetCmd, newConfigPathCmd)
}

// configEntry is one line of config list. Value never holds a secret.
type configEntry struct {
	Name   string `json:"name" doc:"the setting"`
	Value  string `json:"value" doc:"the effective value; empty if unset; of a secret no more than its last four characters"`
	Source string `json:"source" doc:"where it comes from: flag --NAME, environment NAME, profile NAME (FILE), or default"`
}

func entryOf(cfg *config.Config, s config.Setting) configEntry {
	text, source := cfg.Value(s.Name)
	switch {
	case !s.Secret:
		text = charge.HideKeys(text) // which people put where none belongs
	case text != "":
		text = credential.Describe(text)
	}
	return configEntry{s.Name, text, source}
}

func newConfigListCmd(app *App) *cobra.Command {
	return app.withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List settings with their sources",
		Long:       "Of a secret no more than its last four characters are shown.",
		Example: `  # what is in effect, and why
  chargectl config list
  # the same for a script
  chargectl config list --json
  # what would be in effect with another profile
  chargectl config list --profile acme`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfigList(cmd.Context(), app) },
	}, &app.format)
}

func runConfigList(_ context.Context, app *App) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	sheet := app.out.Sheet(output.Shape{Columns: []string{"NAME", "VALUE", "SOURCE"}, Array: true})
	var rows []output.Row
	for _, setting := range config.Settings() {
		e := entryOf(cfg, setting)
		cells := []output.Cell{{Text: e.Name}, {Text: e.Value, Kind: output.PathCell}, {Text: e.Source}} // a value is there to be copied
		rows = append(rows, output.Row{Object: document(e), Cells: cells})
	}
	return sheet.Fill(rows...)
}

func newConfigGetCmd(app *App) *cobra.Command {
	return app.withFlags(&cobra.Command{
		Use:   "get NAME",
		Short: "Print one setting",
		Long:  "It is the value in effect. Of a secret no more than its last four characters are shown.",
		Example: `  # the zone that periods are read in
  chargectl config get timezone
  # where that comes from
  chargectl config get timezone --jq .source
  # the same of another profile
  chargectl config get type --profile acme`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeSettings(func(config.Setting) bool { return true }),
		RunE:              func(cmd *cobra.Command, args []string) error { return runConfigGet(cmd.Context(), app, args[0]) },
	}, &app.format)
}

func runConfigGet(_ context.Context, app *App, name string) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	setting, err := config.Find(name)
	if err != nil {
		return err
	}
	entry := entryOf(cfg, setting)
	return app.out.Either(term.Clean(entry.Value)+"\n", entry)
}

func newConfigSetCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "set NAME VALUE",
		Short: "Change one setting in the configuration file",
		Long:  `It is a setting of the profile in use, or default_profile. The file is made when missing; comments in it are kept.`,
		Example: `  # save typing --type
  chargectl config set type charging_summary
  # read periods by the calendar of Paris
  chargectl config set timezone Europe/Paris
  # use another profile from now on
  chargectl config set default_profile acme`,
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSet(app),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConfigSet(cmd.Context(), app, args[0], args[1])
		},
	}
}

func runConfigSet(ctx context.Context, app *App, name, value string) error {
	path, err := config.Set(ctx, app.env, app.global.set, name, value)
	if err != nil {
		return exit.Continue(err, exit.Command{Path: app.args, Shell: app.shell()})
	}
	verb := "set "
	if value == "" {
		verb = "removed "
	}
	app.Log().Note(verb + name + " in " + path)
	return nil
}

func newConfigUnsetCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:        "unset NAME",
		SuggestFor: []string{"remove", "delete", "rm"},
		Short:      "Remove one setting from the configuration file",
		Long: `It is a setting of the profile in use, or default_profile. Comments and order of the file are kept. Where it is not
set nothing is changed, and that is no failure.`,
		Example: `  # have periods read in UTC again
  chargectl config unset timezone
  # cover the whole account again, in another profile
  chargectl config unset fleet --profile acme
  # use the profile default again
  chargectl config unset default_profile`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeUnset(app),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConfigUnset(cmd.Context(), app, args[0])
		},
	}
}

func runConfigUnset(ctx context.Context, app *App, name string) error {
	path, removed, err := config.Unset(ctx, app.env, app.global.set, name)
	switch {
	case err != nil:
		return exit.Continue(err, exit.Command{Path: app.args})
	case removed:
		app.Log().Note("removed " + name + " from " + path)
	default:
		app.Log().Note(name + " is not set in " + path)
	}
	return nil
}

func newConfigPathCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "path",
		Short: "Print where the configuration file is",
		Long:  "It is printed whether or not the file exists. The file is not read.",
		Example: `  # where the file is, or would be
  chargectl config path
  # who may read it
  ls -l "$(chargectl config path)"
  # what a relative path comes to
  chargectl config path --config ./charge.yaml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runConfigPath(cmd.Context(), app) },
	}
}

func runConfigPath(_ context.Context, app *App) error {
	path, err := config.Locate(app.env, app.global.set)
	if err != nil {
		return err
	}
	return app.out.Text(path + "\n")
}
