package cli

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/reports"
	"github.com/chargectl/chargectl/internal/webhook"
)

type listenOptions struct {
	dir, name, timezone optional
	ifExists            word[download.IfExists]
	jobs                int
	addr                string
	secrets             secretFlags
	cert, key           string
	tolerance, catchUp  time.Duration
	kind                string
	fleet               optional
}

func (o *listenOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.dir, "dir", "`FOLDER` folder for the files and the journal, made when missing")
	fs.Var(&o.name, "name", "`TEMPLATE` how the files are named; see: chargectl help formatting (default "+defaultName+")")
	fs.Var(&o.timezone, "timezone", "`ZONE` time zone of the periods in names: an IANA name, local, or fleet for each report's own (default UTC)")
	addWord(fs, &o.ifExists, "if-exists", "`ACTION` what to do about a file that exists", download.Skip, download.Skip, download.Overwrite, download.Fail)
	fs.IntVar(&o.jobs, "jobs", defaultJobs, "`NUMBER` transfers at a time")
	fs.StringVar(&o.addr, "addr", "127.0.0.1:4242", "`ADDRESS` address to listen on, where systemd hands over no socket; port 0 is a free one")
	o.secrets.addFlags(fs)
	fs.StringVar(&o.cert, "tls-cert", "", "`FILE` PEM file of the certificate and its chain, read again at a SIGHUP")
	fs.StringVar(&o.key, "tls-key", "", "`FILE` PEM file of its key")
	addDuration(fs, &o.tolerance, "tolerance", 5*time.Minute, "`DURATION` how far the time of a signature may be off, before or after")
	addDuration(fs, &o.catchUp, "catch-up", time.Hour, "`DURATION` time between two readings of the list for reports that no event announced; 0 reads it at the start only")
	fs.StringVarP(&o.kind, "type", "t", "", "`TYPE` only reports of this type")
	o.fleet.once = "listen takes one fleet"
	fs.Var(&o.fleet, "fleet", "`FLEET` only reports of this fleet, by id or exact name; \"\" is the whole account")
}

func newListenCmd(app *App) *cobra.Command {
	var o listenOptions
	return app.withFlags(&cobra.Command{
		Use:   "listen",
		Short: "Write the file of each report as soon as the API says that it is ready",
		Long: `The API tells of it by report.succeeded events. An event is a hint: of one whose signature holds, the report's id is
taken, and the API is asked for the report. It is accepted once it is on disk, in .chargectl.events in the folder; what a
kill interrupts, the next start finishes. Prints the path of each file when it is there.

GET /healthz tells how it goes; its status is 503 once an accepted report has waited for an hour. A signal ends it within
a second.`,
		Example: `  # each report, as ID.csv
  chargectl webhooks listen --dir reports --secret-file whsec.txt
  # named as sync names them
  chargectl webhooks listen --dir reports --secret-file whsec.txt --name '{type}_{fleet}_{period}.{ext}'
  # on a free port, looking for unannounced reports every ten minutes
  chargectl webhooks listen --dir reports --secret-file whsec.txt --addr 127.0.0.1:0 --catch-up 10m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runListen(cmd.Context(), app, o) },
	}, &o)
}

func runListen(ctx context.Context, app *App, o listenOptions) error {
	options, err := o.options(app)
	if err != nil {
		return err
	}
	observer := app.Observer(progress.Endless)
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	if o.fleet.given {
		fleet, err := app.findFleet(ctx, o.fleet.text)
		if err != nil {
			return err
		}
		options.Fleet = &fleet.ID
	}
	files := app.out.Sheet(output.Shape{Live: true})
	options.Written = func(path string, _ charge.Report) {
		_ = files.Add(lineRow(path, output.PathCell, nil)) // a result that cannot be written ends the command
	}
	service := webhook.Service{
		Poll: client.Once(), Reports: client.Client, Files: client.Client, Observer: observer, Disk: app.disk, Guard: app.guard,
	}
	again := app.continuation("webhooks listen", new(listenOptions), nil, resolved{"dir": {options.Dir}})
	listener, err := service.Open(ctx, options)
	if err != nil {
		return exit.Continue(err, again)
	}
	defer listener.Close()
	sockets, err := o.sockets(ctx)
	if err != nil {
		return err
	}
	scheme := "http"
	if options.TLS != nil {
		scheme = "https"
	}
	for _, socket := range sockets {
		app.Log().Note("listening on " + scheme + "://" + socket.Addr().String() + "/; files go to " + options.Dir)
	}
	return exit.Continue(listener.Serve(ctx, sockets), again)
}

// options are what can be settled without the API. Files are named as download names them.
func (o *listenOptions) options(app *App) (w webhook.Options, err error) {
	cfg, err := app.Config()
	if err != nil {
		return w, err
	}
	var target reports.Target
	if target.Name, err = filename.Parse(o.name.or(defaultName)); err != nil {
		return w, err
	}
	if err := nameZone(&target, o.timezone, cfg); err != nil {
		return w, err
	}
	switch {
	case o.tolerance <= 0:
		return w, charge.Usagef("--tolerance %s: clocks are never quite the same; 5m is usual", o.tolerance)
	case o.catchUp < 0:
		return w, charge.Usagef("--catch-up %s is negative", o.catchUp)
	case (o.cert == "") != (o.key == ""):
		return w, charge.Usagef("--tls-cert and --tls-key belong together: give both, or neither for plain HTTP")
	}
	if err := checkJobs(o.jobs); err != nil {
		return w, err
	}
	w = webhook.Options{
		Dir: cmp.Or(o.dir.or(cfg.Dir), "."), IfExists: o.ifExists.value, Jobs: o.jobs, Type: o.kind,
		Tolerance: o.tolerance, CatchUp: o.catchUp,
		Name: func(ctx context.Context, r charge.Report) (string, error) { return target.NameOf(ctx, app, r) },
	}
	if w.Secrets, _, err = o.secrets.read(app); err != nil {
		return w, err
	}
	if o.cert != "" {
		w.TLS, err = o.secure(app)
	}
	return w, err
}

// secure reads the certificate, and again at each SIGHUP; one that cannot be read then leaves the old one in place.
func (o *listenOptions) secure(app *App) (*tls.Config, error) {
	var current atomic.Pointer[tls.Certificate]
	load := func() error {
		pair, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err == nil {
			current.Store(&pair)
		}
		return err
	}
	if err := load(); err != nil {
		return nil, charge.Usagef("--tls-cert and --tls-key: %w", err)
	}
	reload := func() {
		if err := load(); err != nil {
			app.Log().Note("the certificate stays the old one: " + err.Error())
			return
		}
		app.Log().Note("read the certificate again")
	}
	app.hangup.Store(&reload)
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil },
	}, nil
}

// sockets are those that systemd hands over (sd_listen_fds), or one of our own.
func (o *listenOptions) sockets(ctx context.Context) (sockets []net.Listener, err error) {
	handed, err := activation.Listeners()
	if err != nil {
		return nil, charge.Usagef("the sockets of systemd: %w", err)
	}
	for _, socket := range handed {
		if socket == nil {
			return nil, charge.Usagef("a socket of systemd is none that connections come in by: give the unit a ListenStream=")
		}
		sockets = append(sockets, socket)
	}
	if len(sockets) > 0 {
		return sockets, nil
	}
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.addr)
	if op, ok := errors.AsType[*net.OpError](err); ok {
		err = op.Err // whose own words repeat the address
	}
	if err != nil {
		return nil, charge.Usagef("--addr %s: %w", charge.Clip(o.addr, 80), err)
	}
	return []net.Listener{socket}, nil
}
