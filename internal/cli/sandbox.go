package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
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
	generation durationRange
	seed       uint64
	vehicles   int
	fleets     int
	faults     []string
	scenarios  []string
	restate    int
	ready      int
	size       byteCount
	state, log string
}

func (o *sandboxFlags) addFlags(fs *pflag.FlagSet) {
	o.generation = durationRange{3 * time.Second, 3 * time.Second}
	fs.Var(&o.generation, "generation-time", "`DURATION` how long a report takes, or A..B for something between the two")
	fs.Uint64Var(&o.seed, "seed", 1, "`NUMBER` everything that looks random follows from this number")
	fs.IntVar(&o.vehicles, "vehicles", 200, "`NUMBER` vehicles per fleet")
	fs.IntVar(&o.fleets, "fleets", 3, "`NUMBER` number of fleets")
	fs.StringSliceVar(&o.faults, "fault", nil, "`FAULT` misbehave on purpose: NAME or NAME=N, several with commas; see: chargectl sandbox --help (repeatable)")
	fs.StringSliceVar(&o.scenarios, "scenario", nil, "`NAME` faults that belong together, several with commas; see: chargectl sandbox scenarios (repeatable)")
	fs.IntVar(&o.restate, "restate", 0, "`DAYS` the figures of a period change every so many days after it was first asked for")
	fs.IntVar(&o.ready, "reports", 0, "`NUMBER` reports that are there from the start, and ready")
	fs.Var(&o.size, "size", "`SIZE` how large each file is, such as 500MB or 2GB (default a row per vehicle)")
	fs.StringVar(&o.state, "state", "", "`FILE` keep the reports in this file, and go on from it")
	fs.StringVar(&o.log, "log", "", "`FILE` append each request to this file, as a line of JSON without its key")
}

// options are what the sandbox is made from, and what a command in it has as its deadline, 0 for the one that it has
// anyway.
func (o *sandboxFlags) options() (options sandbox.Options, timeout time.Duration, err error) {
	options = sandbox.Options{Seed: o.seed, Vehicles: o.vehicles, Fleets: o.fleets, Ready: o.ready, Size: int64(o.size)}
	options.GenerationTime, options.LongestGeneration = o.generation.least, o.generation.most
	switch {
	case o.vehicles < 1 || o.fleets < 1 || o.generation.least <= 0:
		return options, 0, charge.Usagef("--vehicles, --fleets and --generation-time must be more than 0")
	case o.restate < 0 || o.ready < 0 || o.ready > mostReady:
		return options, 0, charge.Usagef("--restate and --reports must not be less than 0, and --reports not more than %d", mostReady)
	}
	var faults []sandbox.Fault
	if o.restate > 0 {
		o.faults = append(o.faults, fmt.Sprintf("restate=%d", o.restate))
	}
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

// mostReady is how many reports there may be from the start.
const mostReady = 1_000_000

// start serves the sandbox until stop is called, with its state and its log where they are asked for.
func (o *sandboxFlags) start(ctx context.Context, options sandbox.Options, apiAddr, filesAddr string) (server *sandbox.Server, stop func(), err error) {
	var closers []func() error
	stop = func() {
		for i := len(closers) - 1; i >= 0; i-- { // the server first: it may write yet
			_ = closers[i]()
		}
	}
	if o.state != "" {
		folder, err := disk.Open(filepath.Dir(o.state), disk.System{}, func(string) {})
		if err != nil {
			return nil, stop, err
		}
		closers = append(closers, folder.Close)
		name := filepath.Base(o.state)
		lock, err := lockState(folder, name, o.state)
		if err != nil {
			return nil, stop, err
		}
		closers = append(closers, func() error { disk.Release(lock); return nil })
		if options.State, err = os.ReadFile(o.state); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, stop, disk.OutputError("read "+o.state, err)
		}
		options.Save = func(state []byte) error {
			_, err := folder.WritePrivate(name, state)
			return err
		}
	}
	if o.log != "" {
		log, err := os.OpenFile(o.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, stop, disk.OutputError("open "+o.log, err)
		}
		closers = append(closers, log.Close)
		options.Log = log
	}
	if server, err = sandbox.Start(ctx, options, apiAddr, filesAddr); err != nil {
		return nil, stop, charge.Usagef("start the sandbox: %w", err)
	}
	closers = append(closers, server.Close)
	return server, stop, nil
}

// lockState keeps a second sandbox from a file: each would write over what the other has promised. nil is where there are no
// locks. The file itself is replaced in every step, so the lock is on one beside it.
func lockState(folder *disk.Folder, name, path string) (disk.Lock, error) {
	lock, err := folder.TryLock("."+name+".lock", os.O_RDWR|os.O_CREATE)
	switch {
	case errors.Is(err, disk.ErrHeld):
		return nil, &charge.Error{Kind: charge.KindLocked, Op: "open " + path, Reason: "another sandbox is using it"}
	case err != nil && !errors.Is(err, disk.ErrNoLocks):
		return nil, disk.OutputError("lock "+path, err)
	}
	return lock, nil
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
