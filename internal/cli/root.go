package cli

import "github.com/spf13/cobra"

func newRootCmd(app *App) *cobra.Command {
	cmd := &cobra.Command{
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
	}
	cmd.SetIn(app.streams.In)
	cmd.SetOut(app.Screen().Stdout())
	cmd.SetErr(app.Screen())
	cmd.SetFlagErrorFunc(app.flagError)
	app.global.addFlags(cmd.PersistentFlags())
	asGroup(cmd)
	addVersionFlag(cmd, app)
	cmd.AddGroup(&cobra.Group{ID: groupMain, Title: "Reports and fleets:"}, &cobra.Group{ID: groupSetup, Title: "Setting up:"})
	cmd.AddCommand(newReportsCmd(app), newFleetsCmd(app), newWebhooksCmd(app))
	cmd.AddCommand(newAuthCmd(app), newConfigCmd(app), newDoctorCmd(app), newSandboxCmd(app))
	cmd.AddCommand(newCompletionCmd(app), newVersionCmd(app))
	addTopics(cmd)
	cmd.SetHelpCommand(newHelpCmd())
	nameHelp(cmd)
	completeWords(cmd)
	cmd.CompletionOptions.DisableDefaultCmd = true
	return cmd
}

// nameHelp makes --help known to every command before the command line is read: an unknown flag takes the next word
// for its value, and chargectl --help reports create would be about no command at all.
func nameHelp(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	for _, sub := range cmd.Commands() {
		nameHelp(sub)
	}
}

// The groups of the root's help.
const (
	groupMain  = "main"
	groupSetup = "setup"
)

func newReportsCmd(app *App) *cobra.Command {
	cmd := newGroup("reports", "Create, wait for, download and sync reports",
		newReportsCreateCmd(app), newReportsGetCmd(app), newReportsListCmd(app), newReportsWaitCmd(app), newReportsDownloadCmd(app), newReportsSyncCmd(app))
	cmd.GroupID = groupMain
	cmd.Example = `  chargectl reports create --type charging_summary
  chargectl reports wait rpt_…
  chargectl reports download rpt_… --dir reports`
	return cmd
}
