package cli

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

// spanOptions say which periods a folder should hold.
type spanOptions struct {
	zoneOptions
	period, since, until, every optional
}

func (o *spanOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.period, "period", "one period, such as last-month or 2026-04; see: chargectl help periods (default "+defaultPeriod+")")
	fs.Var(&o.since, "since", "all periods from this one on")
	fs.Var(&o.until, "until", "up to this one, included (default the last closed one)")
	fs.Var(&o.every, "every", "length of the periods: day, week, month, quarter or year (default month)")
	o.zoneOptions.addFlags(fs)
}

func (o *spanOptions) check(cfg *config.Config) error {
	switch {
	case o.period.given && o.since.given:
		return charge.Usagef("--period and --since both say the periods: give one")
	case !o.since.given && (o.until.given || o.every.given):
		return charge.Usagef("--until and --every need --since: the first period of the folder")
	}
	zone, err := o.preview(cfg)
	if err == nil {
		_, err = o.periods(zone)
	}
	return err
}

// periods resolves the flags in one zone.
func (o *spanOptions) periods(zone *time.Location) ([]period.Period, error) {
	now, err := o.now(zone)
	if err != nil {
		return nil, err
	}
	if !o.since.given {
		p, err := period.Parse(o.period.or(defaultPeriod), now, zone)
		return []period.Period{p}, err
	}
	unit, err := period.ParseUnit(o.every.or(string(period.Month)))
	if err != nil {
		return nil, err
	}
	since, err := period.Parse(o.since.text, now, zone)
	if err != nil {
		return nil, err
	}
	until, err := o.last(since, unit, now, zone)
	if err != nil {
		return nil, err
	}
	span, err := period.Span(since, until)
	if err != nil {
		return nil, err
	}
	return span.Split(unit), nil
}

// last is the last period: the one that --until names, else the last closed one; where that lies before the first,
// the first alone, which is then not closed.
func (o *spanOptions) last(since period.Period, unit period.Unit, now time.Time, zone *time.Location) (period.Period, error) {
	if o.until.given {
		return period.Parse(o.until.text, now, zone)
	}
	closed := period.LastClosed(unit, now, zone)
	if closed.End.After(since.Start) {
		return closed, nil
	}
	return since, nil
}

// scopeOptions say whose reports a folder should hold.
type scopeOptions struct {
	fleets    []string
	allFleets bool
}

func (o *scopeOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.fleets, "fleet", nil, `fleet by id or exact name (repeatable); "" is the whole account`)
	fs.BoolVar(&o.allFleets, "all-fleets", false, "every fleet, inactive ones too")
}

func (o *scopeOptions) check() error {
	if o.allFleets && len(o.fleets) > 0 {
		return charge.Usagef("--fleet and --all-fleets both say the fleets: give one")
	}
	return nil
}

// scopes finds the fleets with their zones. It connects only where ids alone are not enough.
func (o *scopeOptions) scopes(ctx context.Context, app *App, z *zoneOptions, names bool) ([]reports.Scope, error) {
	wanted := o.fleets
	if len(wanted) == 0 {
		wanted = []string{app.config.Fleet.Text}
	}
	fleets, err := o.find(ctx, app, wanted, names)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var scopes []reports.Scope
	for _, fleet := range fleets {
		if seen[fleet.ID] {
			continue
		}
		seen[fleet.ID] = true
		zone, err := app.zoneOf(ctx, z, fleet)
		if err != nil {
			return nil, err
		}
		scopes = append(scopes, reports.Scope{Fleet: fleet, Zone: zone})
	}
	return scopes, nil
}

func (o *scopeOptions) find(ctx context.Context, app *App, wanted []string, names bool) ([]charge.Fleet, error) {
	if o.allFleets {
		return app.allFleets(ctx)
	}
	fleets := make([]charge.Fleet, 0, len(wanted))
	for _, text := range wanted {
		fleet, err := app.fleet(ctx, text, names)
		if err != nil {
			return nil, err
		}
		fleets = append(fleets, fleet)
	}
	return fleets, nil
}

func (a *App) allFleets(ctx context.Context) ([]charge.Fleet, error) {
	client, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var fleets []charge.Fleet
	for page, err := range client.FleetPages(ctx) {
		if err != nil {
			return nil, err
		}
		fleets = append(fleets, page...)
	}
	if len(fleets) == 0 {
		return nil, charge.Usagef("--all-fleets: the account has no fleets")
	}
	return fleets, nil
}

// fleet finds one fleet; an id is looked up only where its name is needed.
func (a *App) fleet(ctx context.Context, text string, name bool) (charge.Fleet, error) {
	id := text == "" || charge.CheckID(charge.FleetPrefix, text) == nil
	if text == "" || id && !name {
		return charge.Fleet{ID: text}, nil
	}
	client, err := a.Connect(ctx)
	if err != nil {
		return charge.Fleet{}, err
	}
	if id {
		return client.Fleet(ctx, text)
	}
	return findFleet(ctx, client, text)
}

// zoneOf is the zone of a fleet's periods; the API is asked only for a fleet's own that is not known yet.
func (a *App) zoneOf(ctx context.Context, z *zoneOptions, fleet charge.Fleet) (*time.Location, error) {
	if z.timezone.or(a.config.Timezone.Text) != fleetZone || fleet.ID == "" || fleet.Timezone != "" {
		return z.zone(ctx, a.config, nil, fleet)
	}
	client, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return z.zone(ctx, a.config, client, fleet)
}
