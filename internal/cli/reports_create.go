package cli

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/reports"
)

type createOptions struct {
	request  requestFlags
	fleet    optional
	period   periodFlags
	clock    clockFlags
	wait     waitFlags
	file     fileFlags
	key      optional
	waits    bool
	download bool
	dryRun   bool
}

func (o *createOptions) addFlags(fs *pflag.FlagSet) {
	o.request.addFlags(fs)
	fs.Var(&o.fleet, "fleet", `fleet that the report covers, by id or exact name; "" is the whole account`)
	o.period.addFlags(fs)
	o.clock.addFlags(fs)
	fs.BoolVar(&o.waits, "wait", false, "wait until the report has finished")
	fs.BoolVar(&o.download, "download", false, "wait, and write the report's file")
	o.wait.addFlags(fs, defaultTimeout)
	o.file.addFlags(fs, download.Overwrite)
	fs.Var(&o.key, "idempotency-key", "create under this key: the same key again is the same report (default a new key)")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the request and do not send it")
}

func newReportsCreateCmd(app *App) *cobra.Command {
	var o createOptions
	return withFlags(&cobra.Command{
		Use:   "create",
		Short: "Ask for a report; print its id",
		Long: `Ask for a report and print its id; with --wait id and status when it has finished, with --download the path of
its file. Without a period it is the last full month. Each call asks for a new report; under the same
--idempotency-key it is the same report.`,
		Example: `  chargectl reports create --type charging_summary
  chargectl reports create --type charging_summary --period 2026-04 --download -o april.csv
  chargectl reports create --type charging_summary --period last-week --timezone Europe/Paris --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCreate(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runCreate(ctx context.Context, app *App, o createOptions) error {
	c, err := o.creation(app)
	if err != nil {
		return err
	}
	app.keyless = o.dryRun
	client, err := app.Connect(ctx)
	if err == nil {
		err = c.settle(ctx, app, &o.period)
	}
	if err != nil {
		return exit.Continue(err, c.again(app))
	}
	for _, notice := range o.period.notices(c.period, c.clock, client.Mode, c.order.Request) {
		app.Log().Note(notice)
	}
	if o.dryRun {
		return showRequest(app.out, client, c.order)
	}
	return c.create(ctx, app, app.service(client), o)
}

// creation is one create, from flags and settings to what is sent.
type creation struct {
	order   reports.Order // whole once all is settled
	fleet   string        // an id or a name; an id once it is settled
	clock   clock
	period  period.Period // provisional while the clock has no zone
	options reports.DownloadOptions
}

// creation finds every mistake that needs no request to be found.
func (o *createOptions) creation(app *App) (c creation, err error) {
	cfg, err := app.Config()
	if err != nil {
		return c, err
	}
	if c.order.Request, err = o.request.request(cfg); err != nil {
		return c, err
	}
	if c.clock, err = o.clock.clock(cfg); err != nil {
		return c, err
	}
	if c.period, err = o.period.read(c.clock); err != nil {
		return c, err
	}
	if err := o.checkFollowUps(app.command.Flags()); err != nil {
		return c, err
	}
	if c.options.WaitOptions, err = o.wait.options(cfg, defaultTimeout); err != nil {
		return c, err
	}
	if o.download {
		if c.options.Target, err = o.file.target(app, cfg, 1); err != nil {
			return c, err
		}
	}
	c.options.Jobs = 1
	c.fleet = o.fleet.or(cfg.Fleet)
	c.order.Key, c.order.Repeat = o.key.text, o.key.given
	if !o.key.given {
		c.order.Key = uuid.NewString()
	}
	return c, nil
}

// checkFollowUps refuses flags that would do nothing.
func (o *createOptions) checkFollowUps(given *pflag.FlagSet) (err error) {
	var file, wait pflag.FlagSet
	new(fileFlags).addFlags(&file, download.Overwrite)
	new(waitFlags).addFlags(&wait, defaultTimeout)
	given.Visit(func(flag *pflag.Flag) {
		switch {
		case file.Lookup(flag.Name) != nil && !o.download:
			err = charge.Usagef("--%s is about the file: add --download", flag.Name)
		case wait.Lookup(flag.Name) != nil && !o.download && !o.waits:
			err = charge.Usagef("--%s is about waiting: add --wait or --download", flag.Name)
		}
	})
	return err
}

// settle looks up what only the API knows, and makes the body.
func (c *creation) settle(ctx context.Context, app *App, asked *periodFlags) error {
	fleet, err := app.findFleet(ctx, c.fleet)
	if err != nil {
		return err
	}
	c.fleet = fleet.ID
	if c.clock.zone == nil {
		if c.clock.zone, err = app.zoneOf(ctx, fleet); err != nil {
			return err
		}
		if c.period, err = asked.read(c.clock); err != nil {
			return err
		}
	}
	c.options.Target.Zone = c.clock.zone
	r := &c.order.Request
	r.Fleet, r.Start, r.End = c.fleet, c.period.Start, c.period.End
	c.order.Body, err = r.Body()
	return err
}

// create asks for the report, and prints what was asked for of it: its id, also its last status, or the path of its file.
func (c *creation) create(ctx context.Context, app *App, s *reports.Service, o createOptions) error {
	var (
		id    string
		row   output.Row
		shown = true
		later exit.Command // goes on with the report
		ended error        // of the report, once it has been created
		err   error
	)
	switch {
	case o.download:
		var saved reports.Saved
		saved, err = s.CreateAndDownload(ctx, c.order, c.options)
		id, ended = saved.ID, saved.Err
		row = lineRow(saved.Path, output.PathCell, saved.Report.Raw)
		shown = ended == nil && saved.Path != "" // bytes that went to standard output are their own result
		same := resolved{"timezone": c.clock.zoneFlag(), "if-exists": {string(c.options.Target.IfExists)}}
		same.settle("dir", c.options.Target.Dir)
		later = app.continuation("reports download", new(downloadOptions), []string{id}, app.formatLater(same))
	case o.waits:
		var end poll.End
		end, err = s.CreateAndWait(ctx, c.order, c.options.WaitOptions)
		id, ended = end.ID, end.Err
		row, shown = statusRow(id, end.Status(), end.Report.Raw), !bySignal(ended)
		later = app.continuation("reports wait", new(waitOptions), []string{id}, app.formatLater(resolved{}))
	default:
		var r charge.Report
		r, err = s.CreateReport(ctx, c.order)
		id, row = r.ID, lineRow(r.ID, output.IDCell, r.Raw)
		later = app.continuation("reports get", nil, []string{id}, app.formatLater(resolved{}))
	}
	if err != nil {
		return c.unknown(app, err)
	}
	var rows []output.Row
	if shown {
		rows = append(rows, row)
	}
	if err = app.out.Sheet(output.Shape{Live: true}).Fill(rows...); err != nil { // the report exists all the same
		err = exit.ContinueAnyway(charge.AsError(err).About("", id), later)
	}
	return exit.Join(unfinished(ended, later), err)
}

// unknown is the end of a create whose report is not known: the same again under the same key continues it. Where the
// API refused the request it is known that there is no report. A conflict is about an earlier request under the key.
func (c *creation) unknown(app *App, err error) error {
	e := charge.AsError(err)
	refused := (e.Kind == charge.KindUsage || e.Kind == charge.KindNotFound) && e.HTTPStatus != 0 && e.HTTPStatus != http.StatusConflict
	if refused && !e.MayExist && e.Report == "" && e.Hint == "" {
		return e.WithHint("nothing was created")
	}
	return exit.Continue(err, c.again(app))
}

// unfinished is the end of a create whose report is known, but not at its end or not on disk. The same command again
// would ask for another report, so the one that continues is shown also where something has to be fixed first.
func unfinished(err error, later exit.Command) error {
	switch charge.KindOf(err) {
	case charge.KindOutput, charge.KindAuth, charge.KindCertificate:
		return exit.ContinueAnyway(err, later)
	}
	return exit.Continue(err, later)
}

// again is the same create, so that it means the same whenever it runs. While the fleet's zone is not known, the period
// is still to be read: as of now.
func (c *creation) again(app *App) exit.Command {
	same := resolved{"type": {c.order.Request.Type}, "idempotency-key": {c.order.Key}, "timezone": c.clock.zoneFlag()}
	same.settle("fleet", c.fleet)
	same.settle("dir", c.options.Target.Dir)
	if c.clock.zone == nil {
		same["as-of"] = c.clock.asOfFlag()
	} else {
		same["period"], same["start"], same["end"], same["as-of"] = []string{c.period.String()}, nil, nil, nil
	}
	return app.continuation("reports create", new(createOptions), nil, same)
}

// showRequest prints the request that would be sent.
func showRequest(out *output.Output, c *connection, order reports.Order) error {
	r := c.Describe(order.Body, order.Key)
	text := r.Method + " " + r.URL + "\n" + strings.Join(r.Header, "\n") + "\n\n" + string(r.Body) + "\n"
	return out.Either(text, struct {
		Method  string          `json:"method"`
		URL     string          `json:"url"`
		Headers []string        `json:"headers"`
		Body    json.RawMessage `json:"body"`
	}{r.Method, r.URL, r.Header, r.Body})
}
