package cli

import (
	"context"
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

func completeFlag(cmd *cobra.Command, flag string, complete completer) {
	_ = cmd.RegisterFlagCompletionFunc(flag, complete)
}

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
	return asking(app, func(ctx context.Context, c *connection) (values []cobra.Completion) {
		seen := map[string]bool{"charging_summary": true}
		values = append(values, "charging_summary")
		for _, r := range recentReports(ctx, c) {
			if kind := r.Parameters.Type; kind != "" && !seen[kind] {
				seen[kind] = true
				values = offer(values, kind, "")
			}
		}
		return values
	})
}

func recentReports(ctx context.Context, c *connection) []charge.Report {
	for page, err := range c.ReportPages(ctx, charge.ReportFilter{}) {
		if err != nil {
			break // completion is silent
		}
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

// completeWords registers the values of flags that have few, for a command and all below it.
func completeWords(cmd *cobra.Command) {
	usual := map[string][]cobra.Completion{
		"timezone": {"UTC", "local", fleetZone}, "period": namedPeriods(), "since": namedPeriods(), "until": namedPeriods(),
	}
	register := func(flag *pflag.Flag) {
		values := usual[flag.Name]
		if few, ok := flag.Value.(ofWords); ok {
			values = few.words()
		}
		if values != nil {
			completeFlag(cmd, flag.Name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
	}
	cmd.LocalNonPersistentFlags().VisitAll(register)
	cmd.PersistentFlags().VisitAll(register)
	if cmd.Flags().Lookup("dir") != nil {
		_ = cmd.MarkFlagDirname("dir")
	}
	for _, sub := range cmd.Commands() {
		completeWords(sub)
	}
}

// namedPeriods are the forms of a period that are words of their own.
func namedPeriods() (words []cobra.Completion) {
	for _, form := range period.Forms() {
		if form.Example == form.Syntax {
			words = append(words, cobra.CompletionWithDesc(form.Example, form.Meaning))
		}
	}
	return words
}

func completeStatuses(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return charge.Statuses(), cobra.ShellCompDirectiveNoFileComp
}
