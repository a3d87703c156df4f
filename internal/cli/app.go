package cli

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/reports"
)

var (
	_ reports.Observer    = (*output.Progress)(nil)
	_ reports.Creator     = (*api.Client)(nil)
	_ poll.API            = (*api.Client)(nil)
	_ download.Host       = (*api.Client)(nil)
	_ reports.FleetLooker = (*connection)(nil)
	_ reports.FleetLister = (*connection)(nil)
)

// App is what commands share: the streams, the settings, and the service, each made when a command first asks. The
// command tree is built without reading anything.
type App struct {
	streams output.Streams
	env     config.Env
	secrets credential.System
	args    []string
	build   build
	network http.RoundTripper // nil is the real one
	global  globalOptions
	format  formatOptions

	command  *cobra.Command // the one that ran
	out      *output.Output
	progress atomic.Pointer[output.Progress]
	brief    bool            // of many items only how each ended is said
	config   *config.Config  // read it through Config
	key      *credential.Key // through Key
	client   *connection     // through Connect

	unwritten atomic.Pointer[error] // the first result that could not be written
	cancel    context.CancelCauseFunc
	guard     func() // deferred in every goroutine: takes a panic to where the run ends
}

// start runs before every command: it settles how the run speaks, so that a mistake in an expression costs no request.
func (a *App) start(ctx context.Context) error {
	out, err := output.New(a.streams, output.Options{
		Quiet: a.global.quiet, LogJSON: a.global.logFormat.value == "json", Color: a.global.color.value,
		JSON: a.format.json, JSONL: a.format.jsonl, JQ: a.format.jq, Template: a.format.template,
		Env: a.env.Lookup, Context: ctx,
	})
	if err != nil {
		return err
	}
	a.out = out
	return nil
}

// Out is the run's output. Where the command line itself is wrong it is a plain one, as far as the flags were read.
func (a *App) Out() *output.Output {
	if a.out == nil {
		a.out, _ = output.New(a.streams, output.Options{
			Quiet: a.global.quiet, LogJSON: a.global.logFormat.value == "json",
			JSON: a.wantsJSON(), Env: a.env.Lookup,
		})
	}
	return a.out
}

// Observer is the run's progress; finish closes it.
func (a *App) Observer() *output.Progress {
	if p := a.progress.Load(); p != nil {
		return p
	}
	p := a.Out().Progress()
	if a.brief {
		p = a.Out().BriefProgress()
	}
	a.progress.Store(p)
	return p
}

// still ends all movement at the terminal.
func (a *App) still() {
	if p := a.progress.Load(); p != nil {
		p.Close()
	}
}

// Config reads the settings once.
func (a *App) Config() (*config.Config, error) {
	if a.config != nil {
		return a.config, nil
	}
	cfg, err := config.Load(a.env, a.global.set)
	if err != nil {
		return nil, err
	}
	for _, notice := range cfg.Notices {
		a.Out().Note(notice)
	}
	a.config = cfg
	return cfg, nil
}

// keep remembers the first result that could not be written, and ends the run: nobody reads the rest.
func (a *App) keep(err error) {
	if err == nil {
		return
	}
	a.unwritten.CompareAndSwap(nil, &err)
	a.cancel(err)
}

// service wires the use cases to the API and to what the run shows.
func (a *App) service(c *connection) *reports.Service {
	return &reports.Service{
		Create: c.Client, Look: c.Client, Watch: c.Once(), Files: c.Client, Fleets: c, Observer: a.Observer(), Guard: a.guard,
	}
}

// finish shows how the run ended and gives its exit code.
func (a *App) finish(err error) int {
	a.still()
	if unwritten := a.unwritten.Load(); unwritten != nil {
		err = *unwritten
	}
	if err == nil {
		return 0
	}
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if output.IsClosedPipe(err) {
		return exit.ClosedPipe
	}
	if stack, ok := errors.AsType[stackError](err); ok && a.global.debug {
		a.Out().Debug(stack.Error())
	}
	return a.report(err)
}

// report tells a person, and where JSON was asked for a script, how the run ended.
func (a *App) report(err error) int {
	help := ""
	if a.command != nil && a.command.Runnable() {
		help = a.command.CommandPath()
	}
	for _, problem := range exit.Describe(err, help) {
		a.Out().Problem(output.Problem(problem))
	}
	return exit.Code(err)
}

// wantsJSON says whether the command line asks for JSON, also where it could not be read to its end.
func (a *App) wantsJSON() bool {
	return a.format.json || a.format.jsonl || a.format.jq != "" ||
		slices.ContainsFunc(a.args, func(arg string) bool {
			name, _, _ := strings.Cut(arg, "=")
			return slices.Contains([]string{"--json", "--jsonl", "--jq"}, name)
		})
}
