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
	return newGroup(&cobra.Command{
		Use:     "config",
		Short:   "Show and change settings",
		Example: "  chargectl config list\n  chargectl config set type charging_summary\n  chargectl config path",
		GroupID: groupSetup,
	}, newConfigListCmd(app), newConfigGetCmd(app), newConfigSetCmd(app), newConfigPathCmd(app))
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
	return withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List settings with their sources",
		Long:       "List every setting in effect and where it came from. A secret is never shown.",
		Example:    "  chargectl config list\n  chargectl config list --json\n  chargectl config list --profile acme",
		Args:       cobra.NoArgs,
		RunE:       func(cmd *cobra.Command, _ []string) error { return runConfigList(cmd.Context(), app) },
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
	return withFlags(&cobra.Command{
		Use:               "get NAME",
		Short:             "Print one setting",
		Long:              "Print the value of one setting that is in effect. A secret is never shown.",
		Example:           "  chargectl config get timezone\n  chargectl config get base_url\n  chargectl config get type --profile acme",
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
		Long: `Change one setting of the profile in use, in the configuration file, which is created if it is missing. Comments
in the file are kept.`,
		Example:           "  chargectl config set type charging_summary\n  chargectl config set timezone Europe/Paris\n  chargectl config set default_profile acme",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: completeSettings(func(s config.Setting) bool { return s.Settable() == nil }),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runConfigSet(cmd.Context(), app, args[0], args[1])
		},
	}
}

func runConfigSet(ctx context.Context, app *App, name, value string) error {
	path, err := config.Set(ctx, app.env, app.global.set, name, value)
	if err != nil {
		return exit.Continue(err, exit.Command{Path: app.args})
	}
	verb := "set "
	if value == "" {
		verb = "removed "
	}
	app.Log().Note(verb + name + " in " + path)
	return nil
}

func newConfigPathCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:     "path",
		Short:   "Print where the configuration file is",
		Long:    "Print the path of the configuration file, whether or not it exists. The file is not read.",
		Example: "  chargectl config path\n  chargectl config path --config ./charge.yaml\n  ls -l \"$(chargectl config path)\"",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runConfigPath(cmd.Context(), app) },
	}
}

func runConfigPath(_ context.Context, app *App) error {
	path, err := config.Locate(app.env, app.global.set)
	if err != nil {
		return err
	}
	return app.out.Text(path + "\n")
}

func completeSettings(fits func(config.Setting) bool) completer {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var names []cobra.Completion
		for _, s := range config.Settings() {
			if len(args) == 0 && fits(s) {
				names = append(names, cobra.CompletionWithDesc(s.Name, s.Help))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
