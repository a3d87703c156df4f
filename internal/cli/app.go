package cli

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/reports"
	"github.com/chargectl/chargectl/internal/term"
)

// App is what commands share: the streams, the settings, and the service, each made when a command first asks. The
// command tree is built without reading anything.
//
// A command that does not end after a signal is left behind while it runs. What the end of a run needs all the same is
// safe for several goroutines: screen, log and progress. The rest is the command's alone.
type App struct {
	streams term.Streams
	env     config.Env
	secrets credential.System
	args    []string          // of the command line; nil is of none: see wholeTree
	build   build             // read it through Build
	network http.RoundTripper // nil is the real one
	disk    disk.System       // the zero one is real
	global  globalFlags
	format  formatFlags

	screen   *term.Screen // the door to the streams
	log      atomic.Pointer[progress.Log]
	progress atomic.Pointer[progress.Progress]

	command *cobra.Command  // the one that runs
	out     *output.Output  // where results go
	config  *config.Config  // read it through Config
	key     *credential.Key // through Key
	client  *connection     // through Connect
	fleets  fleetMemory
	keyless bool // nothing is to be sent: a key is used where there is one

	ready  <-chan struct{}         // closed when signals are caught; nil where they are not
	hangup atomic.Pointer[func()]  // what the command does at a SIGHUP; nil where it ends
	cancel context.CancelCauseFunc // ends the command
	guard  func()                  // deferred in every goroutine: takes a panic to where the run ends
}

// hungUp has the command take a SIGHUP, and reports whether it does.
func (a *App) hungUp() bool {
	take := a.hangup.Load()
	if take == nil {
		return false
	}
	(*take)()
	return true
}

// start runs before every command: it settles how the run speaks, so that a mistake in an expression costs no request.
func (a *App) start(ctx context.Context) error {
	palette, err := term.NewPalette(a.global.colors(), a.streams.OutTTY, a.variable)
	if err != nil {
		return err
	}
	options := output.Options{Format: a.format.Format, Palette: palette, Glyphs: term.NewGlyphs(a.variable), Now: time.Now}
	if a.out, err = output.New(ctx, a.screen, options); err != nil {
		return err
	}
	logFormat := ""
	if a.global.logFormat.given {
		logFormat = a.global.logFormat.value
	}
	log, err := a.speech(a.global.colors(), logFormat, a.global.quiet, a.format.structured())
	a.log.Store(log)
	return err
}

// speech makes the log of a run. Where JSON was asked for and stderr is no terminal, it is JSON too unless text was asked
// for, so that both streams in one file can be parsed.
func (a *App) speech(color, logFormat string, quiet, structured bool) (*progress.Log, error) {
	palette, err := term.NewPalette(color, a.streams.ErrTTY, a.variable)
	return progress.NewLog(a.screen, progress.Options{
		Quiet:    quiet,
		JSON:     logFormat == "json" || logFormat == "" && structured && !a.streams.ErrTTY,
		Object:   structured,
		Lively:   a.streams.Lively(a.variable),
		Annotate: a.variable("GITHUB_ACTIONS") == "true",
		Palette:  palette,
		Glyphs:   term.NewGlyphs(a.variable),
	}), err
}

// toPeople reports whether the result is for a person to read: text at a terminal.
func (a *App) toPeople() bool { return a.screen.OutTTY && !a.out.Structured() }

// watched reports whether a person reads stderr: text at a terminal.
func (a *App) watched() bool { return a.streams.ErrTTY && a.global.logFormat.value != "json" }

// variable is an environment variable's text, empty for none.
func (a *App) variable(name string) string {
	if a.env.Lookup == nil {
		return ""
	}
	text, _ := a.env.Lookup(name)
	return text
}

// guessedLog writes stderr until the command line has been read, or where it cannot be: its flags are guessed from the words.
func (a *App) guessedLog() *progress.Log {
	color, _ := guessed(a.args, "--color")
	if _, no := guessed(a.args, "--no-color"); no {
		color = "never"
	}
	logFormat, _ := guessed(a.args, "--log-format")
	structured := slices.ContainsFunc([]string{"--json", "--jsonl", "--jq"}, func(flag string) bool {
		_, given := guessed(a.args, flag)
		return given
	})
	log, err := a.speech(color, logFormat, false, structured)
	if err != nil {
		log, _ = a.speech("", logFormat, false, structured)
	}
	return log
}

// Log is what stderr is told through.
func (a *App) Log() *progress.Log { return a.log.Load() }

// Observer is the run's progress, made with so many lines unless there is one; finish closes it.
func (a *App) Observer(detail progress.Detail) *progress.Progress {
	if p := a.progress.Load(); p != nil {
		return p
	}
	a.progress.CompareAndSwap(nil, progress.New(a.Log(), detail))
	return a.progress.Load()
}

// Config reads the settings once.
func (a *App) Config() (*config.Config, error) {
	if a.config != nil {
		return a.config, nil
	}
	cfg, err := config.Load(a.env, a.global.set)
	if e := charge.AsError(err); e != nil {
		return nil, e.WithHint(cmp.Or(e.Hint, "see: chargectl help environment"))
	}
	for _, notice := range a.notices(cfg) {
		a.Log().Note(notice)
	}
	a.config = cfg
	return cfg, nil
}

// service wires the use cases to the API and to what the run shows.
func (a *App) service(c *connection) *reports.Service {
	return &reports.Service{
		Create: c.Client, Throttled: c.Throttled(), Reports: c.Client, Poll: c.Once(), Files: c.Client, Fleets: a,
		Observer: a.Observer(progress.EachChange), Guard: a.guard, Disk: a.disk,
	}
}
