package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	// completionTime is how long a shell may be kept waiting for values.
	completionTime = 2 * time.Second
	completionRows = 100
)

type completer = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective)

// asking makes a completer of a request to the API, which is short and silent: no key, no network, no values.
func asking(app *App, ask func(ctx context.Context, c *connection) []cobra.Completion) completer {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		app.hush()
		client, err := app.Connect(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return ask(ctx, client), cobra.ShellCompDirectiveNoFileComp
	}
}

// hush tells stderr no more notices: a shell would show them in the line that is being typed.
func (a *App) hush() {
	a.global.quiet = true
	log, _ := a.speech("never", "", true, false)
	a.log.Store(log)
}

func completeFleets(app *App) completer {
	return asking(app, func(ctx context.Context, c *connection) (values []cobra.Completion) {
		for page, err := range c.FleetPages(ctx) {
			if err != nil {
				break // completion is silent
			}
			for _, fleet := range page {
				values = offer(values, fleet.ID, fleet.Name)
			}
			if len(values) >= completionRows {
				break
			}
		}
		return values
	})
}

func completeReports(app *App) completer {
	return asking(app, func(ctx context.Context, c *connection) (values []cobra.Completion) {
		for _, r := range recentReports(ctx, c) {
			values = offer(values, r.ID, string(r.Status)+" "+r.Parameters.Type)
		}
		return values
	})
}

// completeTypes offers the types in use: the set is open, and only the server knows it.
func completeTypes(app *App) completer {
	return asking(app, func(ctx context.Context, c *connection) []cobra.Completion {
		values := []cobra.Completion{"charging_summary"}
		for _, r := range recentReports(ctx, c) {
			if !slices.Contains(values, r.Parameters.Type) {
				values = offer(values, r.Parameters.Type, "")
			}
		}
		return values
	})
}

// recentReports are those of the first page; none after an error, for completion is silent.
func recentReports(ctx context.Context, c *connection) []charge.Report {
	for page := range c.ReportPages(ctx, charge.ReportFilter{}) {
		return page
	}
	return nil
}

// offer adds a value of the server's making and its description. A shell puts the one on the command line and prints
// the other as it comes: what is more than a plain word is not offered, and a description moves nothing.
func offer(values []cobra.Completion, value, description string) []cobra.Completion {
	const longest = 80
	if value == "" || len(value) > longest || exit.Quote(value) != value {
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
