package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell",
		Long: `Print the script that completes commands, flags, fleets, types and report ids in bash, zsh, fish or powershell. Ids and
fleets come from the API, and are left out if it does not answer within two seconds.`,
		Example: `  chargectl completion bash > chargectl.bash
  chargectl completion zsh > _chargectl
  chargectl completion fish > chargectl.fish`,
		Args:      cobra.ExactArgs(1),
		ValidArgs: shells,
		GroupID:   groupSetup,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runCompletion(cmd.Context(), app, cmd.Root(), args[0])
		},
	}
}

func runCompletion(_ context.Context, app *App, root *cobra.Command, shell string) error {
	switch out := app.Screen().Stdout(); shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(out)
	}
	return charge.Usagef("no completion for %q: there are bash, zsh, fish and powershell", charge.Clip(shell, 40))
}
