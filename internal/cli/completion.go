package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletionCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell",
		Long: `SHELL is bash, zsh, fish or powershell. The script completes commands, flags and their values; report ids and fleets come
from the API, and are left out if it does not answer within two seconds.`,
		Example: `  # for bash: move it to ~/.local/share/bash-completion/completions
  chargectl completion bash > chargectl
  # for zsh: move it to a folder of its $fpath
  chargectl completion zsh > _chargectl
  # for fish: move it to ~/.config/fish/completions
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
	switch out := app.screen.Stdout(); shell {
	case "bash":
		return root.GenBashCompletionV2(out, true)
	case "zsh":
		return root.GenZshCompletion(out)
	case "fish":
		return root.GenFishCompletion(out, true)
	case "powershell":
		return root.GenPowerShellCompletionWithDesc(out)
	}
	err := charge.Usagef("no completion for %q: there are bash, zsh, fish and powershell", charge.Clip(shell, 40))
	if shell = strings.ToLower(shell); shell == "pwsh" {
		shell = "powershell"
	}
	return suggest(err, "chargectl completion ", shell, shells)
}
