package cli

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/term"
)

// completionTime is how long a shell may be kept waiting for values.
const completionTime = 2 * time.Second

type completer = func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective)

// completing reports whether a shell asks what may come next.
func (a *App) completing() bool {
	return len(a.args) > 0 && strings.HasPrefix(a.args[0], cobra.ShellCompRequestCmd)
}

// offered makes a completer of what is known without asking anybody.
func offered(values func(typed string) []cobra.Completion) completer {
	return func(_ *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		all := values(typed)
		return slices.DeleteFunc(all, func(value string) bool { return !strings.HasPrefix(value, typed) }), cobra.ShellCompDirectiveNoFileComp
	}
}

func fixed(values []string) completer {
	return offered(func(string) []cobra.Completion { return slices.Clone(values) })
}

// files leaves it to the shell to offer files.
func files(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func folders(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// flagValues are the values of flags, by the flag's name, wherever it is: those that are known here, and those that the API
// is asked for. Flags of a few words know theirs. Where nothing is known nothing is offered, files neither.
func flagValues(app *App) map[string]completer {
	periods := offered(knownPeriods)
	return map[string]completer{
		"period": periods, "since": periods, "until": periods, "timezone": offered(knownZones),
		"status": list(charge.Statuses), "fleet": completeFleets(app), "type": completeTypes(app),
		"profile": offered(app.knownProfiles), "fault": list(knownFaults), "scenario": list(knownScenarios),
		"dir": folders, "output": files, "config": files, "secret-file": files, "tls-cert": files, "state": files, "log": files, "tls-key": files,
	}
}

// completeFlags registers the values of the flags of a command and of all below it, and describes flags without what help
// needs besides.
func (a *App) completeFlags(cmd *cobra.Command, values map[string]completer) {
	register := func(flag *pflag.Flag) {
		complete := values[flag.Name]
		if few, ok := flag.Value.(ofWords); ok {
			complete = fixed(few.words())
		}
		if complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete)
		}
		flag.Usage = flagMeaning(cmd, flag)
	}
	if a.mayRun(cmd) {
		cmd.LocalNonPersistentFlags().VisitAll(register)
		cmd.PersistentFlags().VisitAll(register)
	}
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub, values)
	}
}

// knownPeriods are the words there are, and the last twelve months by name.
func knownPeriods(string) (values []cobra.Completion) {
	for _, form := range period.Forms() {
		if form.Example == form.Syntax { // a word of its own
			values = append(values, cobra.CompletionWithDesc(form.Example, form.Meaning))
		}
	}
	now := time.Now()
	for ago := range 12 {
		month := time.Date(now.Year(), now.Month()-time.Month(ago), 1, 0, 0, 0, 0, time.UTC)
		values = append(values, cobra.CompletionWithDesc(month.Format("2006-01"), month.Format("January 2006")))
	}
	return values
}

func knownZones(string) []cobra.Completion {
	return append([]cobra.Completion{"UTC", "local", fleetZone}, period.Zones()...)
}

func (a *App) knownProfiles(string) []cobra.Completion { return config.Profiles(a.env, a.global.set) }

func knownFaults() (values []cobra.Completion) {
	for _, fault := range sandbox.Faults() {
		values = append(values, cobra.CompletionWithDesc(fault.Name, fault.Summary))
	}
	return values
}

func knownScenarios() (values []cobra.Completion) {
	for _, s := range sandbox.Scenarios() {
		values = append(values, cobra.CompletionWithDesc(s.Name, s.Does))
	}
	return values
}

// list makes a completer of what may stand in a list with commas.
func list(known func() []cobra.Completion) completer {
	return offered(func(typed string) []cobra.Completion {
		values := known()
		for i := range values {
			values[i] = typed[:strings.LastIndex(typed, ",")+1] + values[i]
		}
		return values
	})
}

// completeHelp offers the commands and topics below what was named.
func completeHelp(cmd *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if target, rest, err := cmd.Root().Find(args); err == nil && len(rest) == 0 {
		for _, sub := range subcommands(target) {
			names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeSettings offers the settings that fit.
func completeSettings(fits func(config.Setting) bool) completer {
	return func(_ *cobra.Command, args []string, _ string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
		for _, s := range config.Settings() {
			if len(args) == 0 && fits(s) {
				names = append(names, cobra.CompletionWithDesc(s.Name, s.Help))
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeSet offers the settings that can be set, then the values of the one that was named.
func completeSet(app *App) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return completeSettings(func(s config.Setting) bool { return s.Settable() == nil })(cmd, args, typed)
		}
		complete := flagValues(app)[args[0]]
		switch s, _ := config.Find(args[0]); {
		case s.Name == "default_profile":
			complete = offered(app.knownProfiles)
		case s.Name == "api_key_file", s.Name == "ca_file":
			complete = files
		case complete == nil:
			complete = fixed(s.Words)
		}
		return complete(cmd, args, typed)
	}
}

// completeUnset offers the settings that the file has.
func completeUnset(app *App) completer {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		app.hush()
		cfg, err := app.Config()
		return completeSettings(func(s config.Setting) bool { return err == nil && cfg.Sets(s.Name) })(cmd, args, typed)
	}
}

// asking makes a completer of what the API says. It is short and silent: no key, no network, no values.
func asking(app *App, values func(ctx context.Context, client *connection) []cobra.Completion) completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		app.hush()
		client, err := app.Connect(ctx)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offered(func(string) []cobra.Completion { return values(ctx, client) })(cmd, nil, typed)
	}
}

// firstPage of a listing is enough to choose from; nothing where it fails.
func firstPage[T any](pages iter.Seq2[[]T, error]) []T {
	for page, err := range pages {
		if err == nil {
			return page
		}
		break
	}
	return nil
}

// hush tells stderr no more notices: a shell would show them in the line that is being typed.
func (a *App) hush() {
	a.global.quiet = true
	log, _ := a.speech("never", "", true, false)
	a.log.Store(log)
}

// completeFleets offers fleets by name, and by id.
func completeFleets(app *App) completer {
	return asking(app, func(ctx context.Context, client *connection) (values []cobra.Completion) {
		page := firstPage(client.FleetPages(ctx))
		for _, fleet := range page {
			values = offer(values, fleet.Name, fleet.Timezone)
		}
		for _, fleet := range page {
			values = offer(values, fleet.ID, fleet.Name)
		}
		return values
	})
}

// completeReports offers the newest reports that fit, with what people choose them by: status, period, fleet and age.
func completeReports(app *App, fits func(charge.Report) bool) completer {
	return asking(app, func(ctx context.Context, client *connection) (values []cobra.Completion) {
		view, err := new(zoneFlag).view(app)
		if err != nil {
			view = reportView{app: app}
		}
		for _, r := range firstPage(client.ReportPages(ctx, charge.ReportFilter{})) {
			if fits(r) {
				fleet := app.named(ctx, r.Fleet, app.learnFleets)
				whose := cmp.Or(fleet.Name, fleet.ID, wholeAccount)
				values = offer(values, r.ID, fmt.Sprintf("%s %s, %s, %s", r.Status, view.period(r, fleet), whose, ago(time.Since(r.Created))))
			}
		}
		return values
	})
}

func everyReport(charge.Report) bool { return true }

func stillOpen(r charge.Report) bool { return !r.Status.Terminal() }

// ago is an age in the largest unit that it fills.
func ago(age time.Duration) string {
	switch {
	case age < time.Hour:
		return fmt.Sprintf("%dm ago", int(age.Minutes()))
	case age < 48*time.Hour:
		return fmt.Sprintf("%dh ago", int(age.Hours()))
	}
	return fmt.Sprintf("%dd ago", int(age.Hours()/24))
}

// completeTypes offers the types in use: the set is open, and only the server knows it.
func completeTypes(app *App) completer {
	return asking(app, func(ctx context.Context, client *connection) []cobra.Completion {
		values := []cobra.Completion{"charging_summary"}
		for _, r := range firstPage(client.ReportPages(ctx, charge.ReportFilter{})) {
			values = offer(values, r.Parameters.Type, "")
		}
		return values
	})
}

// offer adds a value of the server's making and its description. A shell puts the one on the command line and prints
// the other as it comes: what is more than plain words is not offered, and a description moves nothing.
func offer(values []cobra.Completion, value, description string) []cobra.Completion {
	const longest = 80
	words := strings.ReplaceAll(value, " ", "")
	if value == "" || len(value) > longest || exit.POSIX.Quote(words) != words || slices.Contains(values, value) {
		return values
	}
	if description != "" {
		value = cobra.CompletionWithDesc(value, term.Clean(charge.Clip(description, longest)))
	}
	return append(values, value)
}
