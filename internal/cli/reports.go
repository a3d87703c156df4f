package cli

import "github.com/spf13/cobra"

func newReportsCmd(app *App) *cobra.Command {
	cmd := newGroup("reports", "Create, wait for, download and sync reports",
		newCreateCmd(app), newGetCmd(app), newListCmd(app), newWaitCmd(app), newDownloadCmd(app), newSyncCmd(app))
	cmd.GroupID = groupMain
	cmd.Example = `  chargectl reports create --type charging_summary
  chargectl reports wait rpt_…
  chargectl reports download rpt_… --dir reports`
	return cmd
}
