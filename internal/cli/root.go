package cli

import "github.com/spf13/cobra"

func newRootCmd(app *App) *cobra.Command {
	cmd := newGroup(&cobra.Command{
		Use:   "chargectl",
		Short: "Get EV-charging reports out of the Charge API and onto disk",
		Long: `chargectl asks the Charge API for reports, waits until they are ready, and writes their files.
Every command is safe to re-run unattended.`,
		Example: `  chargectl reports create --type charging_summary --download
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports
  chargectl sandbox run -- chargectl reports create --type charging_summary --download`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			app.command = cmd
			return app.start(cmd.Context())
		},
	},
		newReportsCmd(app), newFleetsCmd(app), newWebhooksCmd(app),
		newAuthCmd(app), newConfigCmd(app), newDoctorCmd(app), newSandboxCmd(app), newCompletionCmd(app), newVersionCmd(app))
	cmd.SetFlagErrorFunc(app.flagError)
	app.global.addFlags(cmd.PersistentFlags())
	addVersionFlag(cmd, app)
	cmd.AddGroup(&cobra.Group{ID: groupMain, Title: "Reports and fleets:"}, &cobra.Group{ID: groupSetup, Title: "Setting up:"})
	addTopics(cmd)
	cmd.SetHelpCommand(newHelpCmd(app))
	cmd.CompletionOptions.DisableDefaultCmd = true
	app.furnish(cmd, flagValues(app))
	return cmd
}

// The groups of the root's help.
const (
	groupMain  = "main"
	groupSetup = "setup"
)

func newReportsCmd(app *App) *cobra.Command {
	return newGroup(&cobra.Command{
		Use:     "reports",
		Short:   "Create, wait for, download and sync reports",
		GroupID: groupMain,
		Example: `  chargectl reports create --type charging_summary
  chargectl reports wait rpt_…
  chargectl reports download rpt_… --dir reports`,
	},
		newReportsCreateCmd(app), newReportsGetCmd(app), newReportsListCmd(app),
		newReportsWaitCmd(app), newReportsDownloadCmd(app), newReportsSyncCmd(app))
}

// furnish gives a command and all below it what every command has. --help is known before the command line is read: an
// unknown flag takes the next word for its value, and chargectl --help reports create would be about no command at all.
func (a *App) furnish(cmd *cobra.Command, values map[string]completer) {
	cmd.InitDefaultHelpFlag()
	completeFlags(cmd, values)
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.HasSubCommands() && len(args) > 0:
				return a.unknownCommand(cmd, args[0])
			case check(cmd, args) != nil:
				return badArgs(cmd, args)
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		a.furnish(sub, values)
	}
}
