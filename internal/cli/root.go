package cli

import "github.com/spf13/cobra"

func newRootCmd(app *App) *cobra.Command {
	cmd := newGroup(app, &cobra.Command{
		Use:   program,
		Short: "Get EV-charging reports out of the Charge API and onto disk",
		Long: `It asks for reports, waits until they are ready, and writes their files. Every command is safe to re-run
unattended.`,
		Example: `  # last month's report of the whole account, as a file
  chargectl reports create --type charging_summary --download
  # a file for each month of this year, now and whenever this runs again
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports
  # the same without an account, against an API on this machine
  chargectl sandbox run -- chargectl reports create --type charging_summary --download`,
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			app.command = cmd
			return app.start(cmd.Context())
		},
	},
		newReportsCmd, newFleetsCmd, newWebhooksCmd,
		newAuthCmd, newConfigCmd, newDoctorCmd, newSandboxCmd, newCompletionCmd, newVersionCmd)
	cmd.SetFlagErrorFunc(app.flagError)
	app.global.addFlags(cmd.PersistentFlags())
	addVersionFlag(cmd, app)
	cmd.AddGroup(&cobra.Group{ID: groupMain, Title: groupMain}, &cobra.Group{ID: groupSetup, Title: groupSetup})
	addTopics(cmd)
	cmd.SetHelpCommand(newHelpCmd(app))
	cmd.SetHelpFunc(app.printHelp)
	cmd.CompletionOptions.DisableDefaultCmd = true
	app.furnish(cmd)
	if app.completing() {
		cmd.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
		app.completeFlags(cmd, flagValues(app))
	}
	return cmd
}

// wholeTree has all commands with all of their flags.
func wholeTree() *cobra.Command {
	root := newRootCmd(new(App))
	root.InitDefaultHelpCmd()
	return root
}

// The headings of the root's commands, by which Cobra knows them too.
const (
	groupMain  = "Reports and fleets:"
	groupSetup = "Setting up:"
)

func newReportsCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:     "reports",
		Short:   "Create, wait for, download and sync reports",
		GroupID: groupMain,
		Example: `  # ask for last month's report; prints its id
  chargectl reports create --type charging_summary
  # wait for the newest report, and write its file
  chargectl reports list --limit 1 | chargectl reports download - --dir reports
  # a file for each month of this year, now and whenever this runs again
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports`,
	},
		newReportsCreateCmd, newReportsWaitCmd, newReportsDownloadCmd, newReportsSyncCmd, newReportsCheckCmd, newReportsListCmd, newReportsGetCmd)
}

// furnish gives a command and all below it what every command has. --help is known before the command line is read: an
// unknown flag takes the next word for its value, and chargectl --help reports create would be about no command at all.
func (a *App) furnish(cmd *cobra.Command) {
	if a.mayRun(cmd) {
		cmd.InitDefaultHelpFlag()
		cmd.Flags().Lookup("help").Usage = "print this help"
	}
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
		a.furnish(sub)
	}
}
