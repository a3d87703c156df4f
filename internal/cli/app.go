package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"sync/atomic"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/reports"
)

var (
	_ reports.Observer    = (*output.Progress)(nil)
	_ reports.Creator     = (*api.Client)(nil)
	_ reports.Looks       = (*api.Client)(nil)
	_ reports.FileHost    = (*api.Client)(nil)
	_ reports.FleetLooker = (*api.Client)(nil)
	_ reports.FleetLister = (*api.Client)(nil)
)

// App is what commands share: the streams, the settings, and the service, each made when a command first asks. The
// command tree is built without reading anything.
type App struct {
	streams output.Streams
	env     config.Env
	args    []string
	build   build
	network http.RoundTripper // nil is the real one
	global  globalOptions
	format  formatOptions

	command  *cobra.Command // the one that ran
	out      *output.Output
	progress atomic.Pointer[output.Progress]
	brief    bool // of many items only how each ended is said
	config   *config.Config

	unwritten atomic.Pointer[error] // the first result that could not be written
	cancel    context.CancelCauseFunc
}

// globalOptions are the flags of every command.
type globalOptions struct {
	profile, config, baseURL optional
	quiet, debug             bool
	logFormat, color         string
}

func (o *globalOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.profile, "profile", "profile of the configuration file")
	fs.Var(&o.config, "config", "configuration file")
	fs.Var(&o.baseURL, "base-url", "address of the API")
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing on stderr but errors")
	fs.BoolVar(&o.debug, "debug", false, "show each HTTP attempt on stderr, never the key")
	fs.StringVar(&o.logFormat, "log-format", "text", "stderr as text or json")
	fs.StringVar(&o.color, "color", "auto", "auto, always or never")
}

func (o *globalOptions) check() error {
	if o.logFormat != "text" && o.logFormat != "json" {
		return charge.Usagef("--log-format %q is neither text nor json", o.logFormat)
	}
	return nil
}

// formatOptions are the flags of commands that return objects.
type formatOptions struct {
	json, jsonl  bool
	jq, template string
}

func (o *formatOptions) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "the API's objects as JSON")
	fs.BoolVar(&o.jsonl, "jsonl", false, "one JSON object per line")
	fs.StringVar(&o.jq, "jq", "", "filter the JSON with a jq expression")
	fs.StringVar(&o.template, "template", "", "format the JSON with a Go template")
}

// start runs before every command: it settles how the run speaks, so that a mistake in an expression costs no request.
func (a *App) start() error {
	if err := a.global.check(); err != nil {
		return err
	}
	out, err := output.New(a.streams, output.Options{
		Quiet: a.global.quiet, LogJSON: a.global.logFormat == "json", Color: a.global.color,
		JSON: a.format.json, JSONL: a.format.jsonl, JQ: a.format.jq, Template: a.format.template,
		Env: a.env.Lookup,
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
			Quiet: a.global.quiet, LogJSON: a.global.logFormat == "json",
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
	cfg, err := config.Load(a.env, a.flags())
	if err != nil {
		return nil, err
	}
	for _, notice := range cfg.Notices {
		a.Out().Note(notice)
	}
	a.config = cfg
	return cfg, nil
}

func (a *App) flags() config.Flags {
	return config.Flags{Profile: a.global.profile.pointer(), Config: a.global.config.pointer(), BaseURL: a.global.baseURL.pointer()}
}

// connection is an API client with the mode of its key.
type connection struct {
	*api.Client
	Mode charge.Mode
}

// Connect makes the API client. Without a key it fails at once, before any request.
func (a *App) Connect(ctx context.Context) (*connection, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	key, err := cfg.Key(ctx)
	if err != nil {
		return nil, err
	}
	a.Observer().Start()
	return a.connect(cfg, key.Secret(), key.Mode())
}

// ConnectWithoutKey makes a client for what sends nothing; a key is used where there is one.
func (a *App) ConnectWithoutKey(ctx context.Context) (*connection, error) {
	c, err := a.Connect(ctx)
	if charge.KindOf(err) == charge.KindAuth && err != nil {
		return a.connect(a.config, "", charge.UnknownMode)
	}
	return c, err
}

func (a *App) connect(cfg *config.Config, secret string, mode charge.Mode) (*connection, error) {
	transport, err := a.transport(cfg)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{
		BaseURL: cfg.BaseURL.Text, Key: secret, Version: cfg.APIVersion.Text,
		UserAgent: fmt.Sprintf("chargectl/%s (%s/%s)", a.build.Version, runtime.GOOS, runtime.GOARCH),
		Transport: transport, Trace: a.trace(),
	})
	if err != nil {
		return nil, err
	}
	return &connection{Client: client, Mode: mode}, nil
}

func (a *App) transport(cfg *config.Config) (http.RoundTripper, error) {
	if a.network != nil {
		return a.network, nil
	}
	return api.NewTransport(cfg.CAFile.Text)
}

func (a *App) trace() func(api.Attempt) {
	if !a.global.debug {
		return nil
	}
	return func(t api.Attempt) {
		attrs := []slog.Attr{
			slog.String("method", t.Method), slog.String("url", t.URL), slog.Int("status", t.Status),
			slog.Int("attempt", t.Number), slog.Int64("duration_ms", t.Duration.Milliseconds()),
		}
		if t.Request != "" {
			attrs = append(attrs, slog.String("request", t.Request))
		}
		if t.Bytes >= 0 {
			attrs = append(attrs, slog.Int64("bytes", t.Bytes))
		}
		if t.Wait > 0 {
			attrs = append(attrs, slog.Int64("wait_ms", t.Wait.Milliseconds()))
		}
		if t.Err != nil {
			attrs = append(attrs, slog.String("error", t.Err.Error()))
		}
		for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
			attrs = append(attrs, slog.String(name, t.Headers[name]))
		}
		a.Out().Trace("http", attrs...)
	}
}

func (a *App) connectFor(ctx context.Context, dryRun bool) (*connection, error) {
	if dryRun {
		return a.ConnectWithoutKey(ctx)
	}
	return a.Connect(ctx)
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
		Create: c.Client, Look: c.Client, Watch: c.Once(), Files: c.Client, Fleets: c.Client, Observer: a.Observer(),
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
		return exitPipe
	}
	if stack, ok := errors.AsType[stackError](err); ok && a.global.debug {
		a.Out().Debug(stack.Error())
	}
	return a.report(err)
}
