package cli

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/term"
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

// completionTime is how long a shell may be kept waiting for values.
const completionTime = 2 * time.Second

type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// asking makes a completer of the first page of a listing. It is short and silent: no key, no network, no values.
func asking[T any](
	app *App, known []cobra.Completion, pages func(*connection, context.Context) iter.Seq2[[]T, error], words func(T) (value, about string),
) completer {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		app.hush()
		client, err := app.Connect(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		values := known
		for page, err := range pages(client, ctx) {
			if err != nil {
				break
			}
			for _, item := range page {
				value, about := words(item)
				values = offer(values, value, about)
			}
			break
		}
		return values, cobra.ShellCompDirectiveNoFileComp
	}
}

// hush tells stderr no more notices: a shell would show them in the line that is being typed.
func (a *App) hush() {
	a.global.quiet = true
	log, _ := a.speech("never", "", true, false)
	a.log.Store(log)
}

func completeFleets(app *App) completer {
	return asking(app, nil, (*connection).FleetPages, func(f charge.Fleet) (value, about string) { return f.ID, f.Name })
}

func completeReports(app *App) completer {
	return asking(app, nil, newest, func(r charge.Report) (value, about string) {
		return r.ID, string(r.Status) + " " + r.Parameters.Type
	})
}

// completeTypes offers the types in use: the set is open, and only the server knows it.
func completeTypes(app *App) completer {
	known := []cobra.Completion{"charging_summary"}
	return asking(app, known, newest, func(r charge.Report) (value, about string) { return r.Parameters.Type, "" })
}

func newest(c *connection, ctx context.Context) iter.Seq2[[]charge.Report, error] {
	return c.ReportPages(ctx, charge.ReportFilter{})
}

// offer adds a value of the server's making and its description. A shell puts the one on the command line and prints
// the other as it comes: what is more than a plain word is not offered, and a description moves nothing.
func offer(values []cobra.Completion, value, description string) []cobra.Completion {
	const longest = 80
	if value == "" || len(value) > longest || exit.POSIX.Quote(value) != value || slices.Contains(values, value) {
		return values
	}
	return append(values, cobra.CompletionWithDesc(value, term.Clean(charge.Clip(description, longest))))
}

// flagValues are the values of flags, by the flag's name, wherever it is: those that are known here, and those that the API
// is asked for. Flags of a few words know theirs.
func flagValues(app *App) map[string]completer {
	var periods []cobra.Completion
	for _, form := range period.Forms() {
		if form.Example == form.Syntax { // a word of its own
			periods = append(periods, cobra.CompletionWithDesc(form.Example, form.Meaning))
		}
	}
	return map[string]completer{
		"period": fixed(periods), "since": fixed(periods), "until": fixed(periods), "timezone": fixed([]string{"UTC", "local", fleetZone}),
		"status": fixed(charge.Statuses()), "fleet": completeFleets(app), "type": completeTypes(app),
	}
}

func fixed(values []cobra.Completion) completer {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}

// completeFlags registers the values of a command's own flags.
func completeFlags(cmd *cobra.Command, values map[string]completer) {
	register := func(flag *pflag.Flag) {
		complete := values[flag.Name]
		if few, ok := flag.Value.(ofWords); ok {
			complete = fixed(few.words())
		}
		if complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete)
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(register)
	cmd.PersistentFlags().VisitAll(register)
	if cmd.Flags().Lookup("dir") != nil {
		_ = cmd.MarkFlagDirname("dir")
	}
}

// completeHelp offers the commands and topics below what was named.
func completeHelp(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	target, _, err := cmd.Root().Find(args)
	var names []cobra.Completion
	if err == nil {
		for _, sub := range subcommands(target) {
			names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
