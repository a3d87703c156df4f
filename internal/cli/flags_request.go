package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

// subjectOptions say what is in a report, but for its fleet and its period.
type subjectOptions struct {
	kind     optional
	vehicles []string
	groupBy  string
	params   []string
}

func (o *subjectOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.kind, "type", "type of the report, such as charging_summary")
	fs.StringArrayVar(&o.vehicles, "vehicle", nil, "only this vehicle, by id (repeatable)")
	fs.StringVar(&o.groupBy, "group-by", "", "how rows are grouped, such as vehicle")
	fs.StringArrayVar(&o.params, "param", nil, "further parameter as KEY=VALUE, dots in KEY nest (repeatable)")
}

// request gives the parts of the request that need no period and no fleet.
func (o *subjectOptions) request(cfg *config.Config) (charge.Request, error) {
	r := charge.Request{Type: o.kind.or(cfg.Type.Text), Vehicles: o.vehicles, GroupBy: o.groupBy}
	if r.Type == "" {
		err := charge.Usagef("no report type: give one with --type")
		err.Hint = "for example: --type charging_summary, or once and for all: chargectl config set type charging_summary"
		return r, err
	}
	for _, vehicle := range o.vehicles {
		if err := charge.CheckID(charge.VehiclePrefix, vehicle); err != nil {
			return r, err
		}
	}
	var err error
	if r.Extra, err = charge.ParseParams(o.params); err != nil {
		return r, err
	}
	return r, o.conflict(r.Extra)
}

func (o *subjectOptions) conflict(extra map[string]any) error {
	if _, twice := extra["group_by"]; twice && o.groupBy != "" {
		return charge.Usagef("--group-by and --param group_by both set group_by: give one")
	}
	filters, ok := extra["filters"]
	object, isObject := filters.(map[string]any)
	if _, twice := object["vehicle"]; len(o.vehicles) > 0 && (twice || ok && !isObject) {
		return charge.Usagef("--vehicle and --param filters both set filters.vehicle: give one")
	}
	return nil
}

// zoneOptions say in which zone periods are read, and what time it is taken to be.
type zoneOptions struct {
	timezone optional
	asOf     string
	at       time.Time // the one now of a run that asks more than once; zero is the clock's
}

func (o *zoneOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.timezone, "timezone", "zone that periods are read in: an IANA name, local, or fleet for the fleet's own (default UTC)")
	fs.StringVar(&o.asOf, "as-of", "", "take this date or instant for now")
}

// fleetZone is the --timezone that asks the API for the fleet's own.
const fleetZone = "fleet"

// preview is the zone for finding mistakes before any request: UTC where the fleet's own has yet to be asked for.
func (o *zoneOptions) preview(cfg *config.Config) (*time.Location, error) {
	if o.timezone.or(cfg.Timezone.Text) != fleetZone {
		return loadZone(o.timezone, cfg)
	}
	return time.UTC, nil
}

// loadZone finds the zone of the flag or, where that was not given, of the settings, and says whose mistake it is.
func loadZone(flag optional, cfg *config.Config) (*time.Location, error) {
	if flag.given {
		return period.LoadZone(flag.text)
	}
	zone, err := period.LoadZone(cfg.Timezone.Text)
	if err != nil {
		return nil, cfg.Wrong("timezone", err)
	}
	return zone, nil
}

func (o *zoneOptions) now(zone *time.Location) (time.Time, error) {
	switch {
	case o.asOf != "":
		return period.ParseAsOf(o.asOf, zone)
	case !o.at.IsZero():
		return o.at.In(zone), nil
	}
	return time.Now().In(zone), nil
}

// zone finds the zone; the fleet's own is asked for unless the fleet was looked up already.
func (o *zoneOptions) zone(ctx context.Context, cfg *config.Config, c *connection, fleet charge.Fleet) (*time.Location, error) {
	if o.timezone.or(cfg.Timezone.Text) != fleetZone {
		return loadZone(o.timezone, cfg)
	}
	if fleet.ID == "" {
		return nil, charge.Usagef("--timezone fleet needs a --fleet: the whole account has no zone of its own")
	}
	if fleet.Timezone == "" {
		var err error
		if fleet, err = c.Fleet(ctx, fleet.ID); err != nil {
			return nil, err
		}
	}
	zone, err := period.LoadZone(fleet.Timezone)
	if err != nil {
		return nil, charge.Usagef("fleet %s: %w", fleet.ID, err)
	}
	return zone, nil
}

// findFleet finds the fleet that a flag names.
func findFleet(ctx context.Context, c *connection, text string) (charge.Fleet, error) {
	return reports.FindFleet(ctx, c.Client, text)
}

// periodOptions say which period a report is of.
type periodOptions struct {
	zoneOptions
	period     optional
	start, end optional
}

const defaultPeriod = "last-month"

func (o *periodOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.period, "period", "period such as last-month, 2026-04, 2026-Q2 or A..B; see: chargectl help periods (default "+defaultPeriod+")")
	fs.Var(&o.start, "start", "start of the period: a date or an instant")
	fs.Var(&o.end, "end", "end of the period, exclusive: a date or an instant")
	o.zoneOptions.addFlags(fs)
}

// check resolves the period before any request.
func (o *periodOptions) check(cfg *config.Config) error {
	if o.period.given && (o.start.given || o.end.given) {
		return charge.Usagef("--period and --start or --end both say the period: give one")
	}
	zone, err := o.preview(cfg)
	if err == nil {
		_, err = o.resolve(zone)
	}
	return err
}

func (o *periodOptions) resolve(zone *time.Location) (period.Period, error) {
	now, err := o.now(zone)
	if err != nil {
		return period.Period{}, err
	}
	if o.start.given || o.end.given {
		return period.ParseStartEnd(o.start.text, o.end.text, now, zone)
	}
	return period.Parse(o.period.or(defaultPeriod), now, zone)
}

// notices says what was resolved, once, and what about it may surprise.
func (o *periodOptions) notices(app *App, p period.Period, mode charge.Mode, r charge.Request) {
	app.Out().Note(fmt.Sprintf("%s for %s (%s mode): %s", r.Type, fleetWord(r.Fleet), mode, p.Describe()))
	if now, err := o.now(p.Start.Location()); err == nil && p.Open(now) {
		app.Out().Note("the period has not ended yet: what is charged later is not in the report")
	}
	if notice, ok := period.EndNotice(o.end.text); ok && o.end.given {
		app.Out().Note(notice)
	}
}

func fleetWord(id string) string {
	if id == "" {
		return "the whole account"
	}
	return "fleet " + id
}

func addRequestCompletions(cmd *cobra.Command, app *App) {
	completeFlag(cmd, "fleet", completeFleets(app))
	completeFlag(cmd, "type", completeTypes(app))
}
