package cli

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/sandbox"
)

func newSandboxCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:     "sandbox",
		Short:   "Run a local Charge API to try things with",
		GroupID: groupSetup,
		Long: `It is a Charge API on this machine, in memory: reports are made within seconds, files come from a second origin, and
--fault makes it misbehave on purpose. It starts without reports and forgets everything when it ends. Webhook endpoints
on this machine that are registered with it are sent signed report.succeeded events.

Faults, with what N is when it is left out (N alone: all of them):
{faults}`,
		Example: `  # a report without an account
  chargectl sandbox run -- chargectl reports create --type charging_summary --download
  # a transfer that is cut twice
  chargectl sandbox run --fault cut=2 -- chargectl reports create --type charging_summary --download
  # an API for other programs and terminals
  chargectl sandbox serve`,
	}, newSandboxRunCmd(app), newSandboxServeCmd(app))
}

func faultList() string {
	var rows [][2]string
	for _, f := range sandbox.Faults() {
		rows = append(rows, [2]string{f.Form(), f.Summary})
	}
	return twoColumns(22, rows)
}

// sandboxFlags say what the local API is like.
type sandboxFlags struct {
	generation time.Duration
	seed       uint64
	vehicles   int
	fleets     int
	faults     []string
}

func (o *sandboxFlags) addFlags(fs *pflag.FlagSet) {
	addDuration(fs, &o.generation, "generation-time", 3*time.Second, "`DURATION` how long a report takes")
	fs.Uint64Var(&o.seed, "seed", 1, "`NUMBER` everything that looks random follows from this number")
	fs.IntVar(&o.vehicles, "vehicles", 200, "`NUMBER` vehicles per fleet")
	fs.IntVar(&o.fleets, "fleets", 3, "`NUMBER` number of fleets")
	fs.StringSliceVar(&o.faults, "fault", nil, "`FAULT` misbehave on purpose: NAME or NAME=N, several with commas; see: chargectl sandbox --help (repeatable)")
}

func (o *sandboxFlags) options() (sandbox.Options, error) {
	options := sandbox.Options{Seed: o.seed, Vehicles: o.vehicles, Fleets: o.fleets, GenerationTime: o.generation}
	if o.vehicles < 1 || o.fleets < 1 || o.generation <= 0 {
		return options, charge.Usagef("--vehicles, --fleets and --generation-time must be more than 0")
	}
	for _, text := range o.faults {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			var names []string
			for _, known := range sandbox.Faults() {
				names = append(names, known.Name)
			}
			name, _, _ := strings.Cut(text, "=")
			problem := charge.Usagef("--fault %s: %w", charge.Clip(text, 40), err).WithHint("see: chargectl sandbox --help")
			if slices.Contains(names, name) {
				return options, problem
			}
			return options, suggest(problem, "--fault ", name, names)
		}
		options.Faults = append(options.Faults, fault)
	}
	return options, nil
}

// environment is what a command needs to reach the sandbox.
func environment(s *sandbox.Server) []string {
	return []string{"CHARGE_BASE_URL=" + s.BaseURL, "CHARGE_API_KEY=" + s.Key}
}
