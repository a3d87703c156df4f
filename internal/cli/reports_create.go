package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/progress"
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
	o.fleet.once = "create takes one fleet, reports sync takes several"
	fs.Var(&o.fleet, "fleet", "`FLEET` fleet that the report covers, by id or exact name; \"\" is the whole account")
	o.period.addFlags(fs)
	o.clock.addFlags(fs)
	fs.BoolVar(&o.waits, "wait", false, "wait until the report has finished")
	fs.BoolVar(&o.download, "download", false, "wait, and write the report's file")
	o.wait.addFlags(fs, defaultTimeout)
	o.file.addFlags(fs, "as sync names it", download.Overwrite)
	fs.Var(&o.key, "idempotency-key", "`KEY` create under this key: the same again is the same report (default a new one)")
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the request and do not send it")
}

func newReportsCreateCmd(app *App) *cobra.Command {
	var o createOptions
	return app.withFlags(&cobra.Command{
		Use:   "create --type TYPE",
		Short: "Ask for a report; print its id",
		Long: `With --wait it prints id and status when the report has finished, with --download the path of its file. Without a
period it is the last full month. Each call asks for a new report; under the same --idempotency-key it is the same one.`,
		Example: `  # last month, the whole account; prints the report's id
  chargectl reports create --type charging_summary
  # April as a file
  chargectl reports create --type charging_summary --period 2026-04 --download -o april.csv
  # what would be asked for of last week, by the calendar of Paris
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
	if app.keyless = o.dryRun; !o.waits && !o.download && app.watched() && app.toPeople() {
		app.Observer(progress.EachEnd) // the result is on the same terminal, and says the id
	}
	client, err := app.Connect(ctx)
	if err == nil {
		err = c.settle(ctx, app, &o.period)
	}
	if err != nil {
		return exit.Continue(err, c.again(app))
	}
	for _, notice := range o.period.notices(c.sentence(ctx, app, client.Mode), c.period, c.clock) {
		app.Log().Note(notice)
	}
	if o.dryRun {
		return showRequest(app.out, client, c.order)
	}
	return c.create(ctx, app, app.service(client), o)
}

// sentence says what is asked for: at a terminal in short, with the fleet by name, else in a line that stays the same, with
// instants in UTC. A dry run sends no request for a name.
func (c *creation) sentence(ctx context.Context, app *App, mode charge.Mode) string {
	r := c.order.Request
	if !app.watched() {
		whose := "the whole account"
		if r.Fleet != "" {
			whose = "fleet " + r.Fleet
		}
		return fmt.Sprintf("%s for %s (%s mode): %s", r.Type, whose, mode, c.period.Describe())
	}
	return strings.Join([]string{r.Type, app.fleetName(ctx, r.Fleet), c.period.Brief(), string(mode) + " mode"}, " · ")
}

// creation is one create, from flags and settings to what is sent.
type creation struct {
	order   reports.Order // whole once all is settled
	fleet   string        // an id or a name; an id once it is settled
	clock   clock
	period  period.Period // provisional while the clock has no zone
	options reports.DownloadOptions
	unnamed bool   // neither -o nor --name says what the file is called
	name    string // what it is called then, for a later download; empty until it is settled
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
		c.unnamed = o.file.output == "" && !o.file.name.given
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
	new(fileFlags).addFlags(&file, "", download.Overwrite)
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
	if c.unnamed {
		if c.name, err = folder.CreatedName(*r, c.clock.zone); err != nil {
			return err
		}
		if c.options.Target.Name, err = filename.Parse(c.name); err != nil {
			return err
		}
	}
	c.order.Body, err = r.Body()
	return err
}

func showRequest(out *output.Output, c *connection, order reports.Order) error {
	r, err := c.Describe(order.Body, order.Key)
	if err != nil {
		return err
	}
	text := r.Method + " " + r.URL + "\n" + strings.Join(r.Header, "\n") + "\n\n" + string(r.Body) + "\n"
	return out.Either(text, struct {
		Method  string          `json:"method"`
		URL     string          `json:"url"`
		Headers []string        `json:"headers"`
		Body    json.RawMessage `json:"body"`
	}{r.Method, r.URL, r.Header, r.Body})
}
