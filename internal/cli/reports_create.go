package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

type createOptions struct {
	subjectOptions
	periodOptions
	waitFlags
	targetFlags
	fleet    optional
	key      optional
	wait     bool
	download bool
	dryRun   bool
}

func (o *createOptions) addFlags(fs *pflag.FlagSet) {
	o.subjectOptions.addFlags(fs)
	fs.Var(&o.fleet, "fleet", `fleet that the report covers, by id or exact name; "" is the whole account`)
	o.periodOptions.addFlags(fs)
	fs.BoolVar(&o.wait, "wait", false, "wait until the report has finished")
	fs.BoolVar(&o.download, "download", false, "wait, and write the report's file")
	o.waitFlags.addFlags(fs, defaultTimeout)
	o.targetFlags.addFlags(fs, download.Overwrite)
	fs.Var(&o.key, "idempotency-key", "ask under this key: for 24 hours the same key is the same report (default a new one)")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the request and do not send it")
}

func newCreateCmd(app *App) *cobra.Command {
	var o createOptions
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Ask for a report; print its id",
		Long: `Ask for a report and print its id; with --wait id and status when it has finished, with --download the path of
its file. Without a period it is the last full month. Each call asks for a new report, unless --idempotency-key says
that it is the same one again.`,
		Example: `  chargectl reports create --type charging_summary
  chargectl reports create --type charging_summary --period 2026-04 --download -o april.csv
  chargectl reports create --type charging_summary --period last-week --timezone Europe/Paris --dry-run`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runCreate(cmd.Context(), app, o, cmd.Flags())
		},
	}
	o.addFlags(cmd.Flags())
	app.format.addFlags(cmd.Flags())
	addRequestCompletions(cmd, app)
	return cmd
}

func runCreate(ctx context.Context, app *App, o createOptions, given *pflag.FlagSet) error {
	d, err := o.check(app, given)
	if err != nil {
		return err
	}
	client, err := app.connectFor(ctx, o.dryRun)
	if err != nil {
		return err
	}
	order := o.order()
	request, period, err := o.resolveRequest(ctx, app, client)
	if err != nil {
		return exit.Continue(err, o.sameAgain(app, order.Key))
	}
	d.Target.Zone = period.Start.Location()
	if order.Body, err = request.Body(); err != nil {
		return err
	}
	o.notices(app, period, client.Mode, request)
	if o.dryRun {
		return app.showRequest(client, order)
	}
	return o.run(ctx, app, client, order, d, given)
}

// check finds every mistake that needs no request to be found.
func (o *createOptions) check(app *App, given *pflag.FlagSet) (d reports.DownloadOptions, err error) {
	cfg, err := app.Config()
	if err != nil {
		return d, err
	}
	if _, err := o.request(cfg); err != nil {
		return d, err
	}
	if err := o.periodOptions.check(cfg); err != nil {
		return d, err
	}
	if err := o.checkFollowUps(given); err != nil {
		return d, err
	}
	if d.WaitOptions, err = o.waitFlags.options(cfg, defaultTimeout); err != nil {
		return d, err
	}
	d.Jobs = 1
	if o.download {
		d.Target, err = o.target(app, cfg, 1)
	}
	return d, err
}

// checkFollowUps refuses flags that would do nothing.
func (o *createOptions) checkFollowUps(given *pflag.FlagSet) error {
	for _, name := range []string{"output", "dir", "name", "if-exists", "jobs"} {
		if given.Changed(name) && !o.download {
			return charge.Usagef("--%s is about the file: add --download", name)
		}
	}
	for _, name := range []string{"timeout", "interval"} {
		if given.Changed(name) && !o.download && !o.wait {
			return charge.Usagef("--%s is about waiting: add --wait or --download", name)
		}
	}
	return nil
}

func (o *createOptions) resolveRequest(ctx context.Context, app *App, c *connection) (r charge.Request, p period.Period, err error) {
	if r, err = o.request(app.config); err != nil {
		return r, p, err
	}
	fleet, err := findFleet(ctx, c, o.fleet.or(app.config.Fleet.Text))
	if err != nil {
		return r, p, err
	}
	zone, err := o.zone(ctx, app.config, c, fleet)
	if err != nil {
		return r, p, err
	}
	p, err = o.resolve(zone)
	r.Fleet, r.Start, r.End = fleet.ID, p.Start, p.End
	return r, p, err
}

// order is what to ask for under which key, but for its body.
func (o *createOptions) order() reports.Order {
	if o.key.given {
		return reports.Order{Key: o.key.text, Repeat: true}
	}
	return reports.Order{Key: uuid.NewString()}
}

func (o *createOptions) run(ctx context.Context, app *App, c *connection, order reports.Order, d reports.DownloadOptions, given *pflag.FlagSet) error {
	s := app.service(c)
	switch {
	case o.download:
		landed, err := s.CreateAndDownload(ctx, order, d)
		if err != nil {
			return exit.Continue(err, o.sameAgain(app, order.Key))
		}
		sheet := app.Out().Sheet(output.Shape{Live: true})
		app.showLanded(sheet, landed)
		err = landedWith([]reports.Landed{landed}, sheet)
		if charge.KindOf(err) == charge.KindOutput {
			return exit.ContinueAnyway(err, o.downloadLater(given, landed.ID))
		}
		return exit.Continue(err, o.downloadLater(given, landed.ID))
	case o.wait:
		end, err := s.CreateAndWait(ctx, order, d.WaitOptions)
		if err != nil {
			return exit.Continue(err, o.sameAgain(app, order.Key))
		}
		sheet := app.Out().Sheet(output.Shape{Live: true})
		app.showEnd(sheet, end)
		return exit.Continue(endsWith([]reports.End{end}, sheet), o.waitLater(given, end.ID))
	default:
		r, err := s.CreateReport(ctx, order)
		if err != nil {
			return exit.Continue(err, o.sameAgain(app, order.Key))
		}
		return fillSheet(app.Out().Sheet(output.Shape{Live: true}), func(add func(output.Row) error) error {
			return add(lineRow(r.ID, output.IDCell, r.Raw))
		})
	}
}

// sameAgain continues a create whose report is not known: the same under the same key. A period that moves with the
// clock is held to today's meaning, or the same key would ask for another report.
func (o *createOptions) sameAgain(app *App, key string) exit.Command {
	args := slices.Clone(app.args)
	if !o.key.given {
		args = append(args, "--idempotency-key", key)
	}
	if moves := o.period.or(defaultPeriod); o.asOf == "" && !o.start.given && strings.ContainsFunc(moves, func(r rune) bool { return r >= 'a' && r <= 'z' }) {
		args = append(args, "--as-of", time.Now().UTC().Format(time.RFC3339))
	}
	return exit.Command{Args: args}
}

func (o *createOptions) waitLater(given *pflag.FlagSet, id string) exit.Command {
	return continuing(given, []string{"reports", "wait", id}, append(slices.Clone(globalNames), "timeout", "interval")...)
}

func (o *createOptions) downloadLater(given *pflag.FlagSet, id string) exit.Command {
	words := []string{"reports", "download", id}
	if o.ifExists != string(download.Skip) && !given.Changed("if-exists") {
		words = append(words, "--if-exists="+o.ifExists)
	}
	return continuing(given, words, append(slices.Clone(globalNames), "timeout", "interval", "output", "dir", "name", "if-exists", "timezone")...)
}

// requestDocument is the JSON form of --dry-run.
type requestDocument struct {
	Method  string          `json:"method"`
	URL     string          `json:"url"`
	Headers []string        `json:"headers"`
	Body    json.RawMessage `json:"body"`
}

// showRequest prints the request that would be sent.
func (a *App) showRequest(c *connection, order reports.Order) error {
	r := c.Describe(order.Body, order.Key)
	text := r.Method + " " + r.URL + "\n" + strings.Join(r.Header, "\n") + "\n\n" + string(r.Body) + "\n"
	return a.show(text, requestDocument{r.Method, r.URL, r.Header, r.Body})
}
