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
--fault and --scenario make it misbehave on purpose. It starts without reports and forgets everything when it ends. Webhook endpoints
on this machine that are registered with it are sent signed report.succeeded events.

Faults, with what N is when it is left out (N alone: all of them):
{faults}`,
		Example: `  # a report without an account
  chargectl sandbox run -- chargectl reports create --type charging_summary --download
  # a transfer that is cut twice
  chargectl sandbox run --fault cut=2 -- chargectl reports create --type charging_summary --download
  # bad weather: a fifth of all requests goes wrong
  chargectl sandbox run --scenario chaos -- chargectl reports create --type charging_summary --download
  # an API for other programs and terminals
  chargectl sandbox serve`,
	}, newSandboxRunCmd, newSandboxServeCmd, newSandboxScenariosCmd)
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
	scenarios  []string
}

func (o *sandboxFlags) addFlags(fs *pflag.FlagSet) {
	addDuration(fs, &o.generation, "generation-time", 3*time.Second, "`DURATION` how long a report takes")
	fs.Uint64Var(&o.seed, "seed", 1, "`NUMBER` everything that looks random follows from this number")
	fs.IntVar(&o.vehicles, "vehicles", 200, "`NUMBER` vehicles per fleet")
	fs.IntVar(&o.fleets, "fleets", 3, "`NUMBER` number of fleets")
	fs.StringSliceVar(&o.faults, "fault", nil, "`FAULT` misbehave on purpose: NAME or NAME=N, several with commas; see: chargectl sandbox --help (repeatable)")
	fs.StringSliceVar(&o.scenarios, "scenario", nil, "`NAME` faults that belong together, several with commas; see: chargectl sandbox scenarios (repeatable)")
}

// options are what the sandbox is made from, and what a command in it has as its deadline, 0 for the one that it has anyway.
func (o *sandboxFlags) options() (options sandbox.Options, timeout time.Duration, err error) {
	options = sandbox.Options{Seed: o.seed, Vehicles: o.vehicles, Fleets: o.fleets, GenerationTime: o.generation}
	if o.vehicles < 1 || o.fleets < 1 || o.generation <= 0 {
		return options, 0, charge.Usagef("--vehicles, --fleets and --generation-time must be more than 0")
	}
	var faults []sandbox.Fault
	for _, text := range o.faults {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			return options, 0, notFault(text, err)
		}
		faults = append(faults, fault)
	}
	var scenarios []sandbox.Scenario
	for _, name := range o.scenarios {
		scenario, ok := sandbox.FindScenario(name)
		if !ok {
			return options, 0, notScenario(name)
		}
		scenarios = append(scenarios, scenario)
	}
	options.Faults, timeout, err = sandbox.Weather(scenarios, faults)
	return options, timeout, err
}

func notFault(text string, err error) error {
	var names []string
	for _, known := range sandbox.Faults() {
		names = append(names, known.Name)
	}
	name, _, _ := strings.Cut(text, "=")
	problem := charge.Usagef("--fault %s: %w", charge.Clip(text, 40), err).WithHint("see: chargectl sandbox --help")
	if slices.Contains(names, name) {
		return problem
	}
	return suggest(problem, "--fault ", name, names)
}

// environment is what a command needs to reach the sandbox, and its deadline where there is one.
func environment(s *sandbox.Server, timeout time.Duration) []string {
	variables := []string{"CHARGE_BASE_URL=" + s.BaseURL, "CHARGE_API_KEY=" + s.Key}
	if timeout > 0 {
		variables = append(variables, "CHARGE_TIMEOUT="+timeout.String())
	}
	return variables
}
