package cli

import (
	"cmp"
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/period"
)

const (
	defaultPeriod = "last-month"
	// fleetZone is the --timezone that asks the API for the fleet's own.
	fleetZone = "fleet"
)

// clockFlags say by whose calendar periods are read, and what time it is taken to be.
type clockFlags struct {
	timezone optional
	asOf     string
}

func (o *clockFlags) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.timezone, "timezone", "`ZONE` time zone that periods are read in: an IANA name, local, or fleet for the fleet's own (default UTC)")
	fs.StringVar(&o.asOf, "as-of", "", "`TIME` resolve periods as if now were this date or instant")
}

// clock is what a run reads periods by: a zone, and one now.
type clock struct {
	zone   *time.Location // nil where it is each fleet's own, which only the API knows
	chosen bool           // somebody chose the zone
	asOf   string         // a date or an instant; empty is the now of the run
	now    time.Time      // when the run asked
}

func (o *clockFlags) clock(cfg *config.Config) (clock, error) {
	zone, err := namedZone(o.timezone, cfg)
	return clock{zone: zone, chosen: o.timezone.given || cfg.Chosen("timezone"), asOf: o.asOf, now: time.Now()}, err
}

// namedZone is the zone of the flag or, where that was not given, of the settings; nil for the fleet's own.
func namedZone(flag optional, cfg *config.Config) (*time.Location, error) {
	if flag.or(cfg.Timezone) == fleetZone {
		return nil, nil
	}
	if flag.given {
		return period.LoadZone(flag.text)
	}
	zone, err := period.LoadZone(cfg.Timezone)
	if err != nil {
		return nil, cfg.Wrong("timezone", err)
	}
	return zone, nil
}

// zoneFlag says by whose calendar a person reads periods.
type zoneFlag struct{ timezone optional }

func (o *zoneFlag) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.timezone, "timezone", "`ZONE` time zone of the periods at a terminal: an IANA name, local, or fleet for each report's own (default UTC)")
}

// view shows reports by that calendar. A setting that is wrong stops nobody who does not need it.
func (o *zoneFlag) view(app *App) (reportView, error) {
	if !o.timezone.given && !app.toPeople() {
		return reportView{app: app}, nil
	}
	cfg, err := app.Config()
	if err != nil {
		return reportView{}, err
	}
	zone, err := namedZone(o.timezone, cfg)
	return reportView{app: app, zone: zone}, err
}

// at is what time it is taken to be: a date begins in the zone.
func (c clock) at(zone *time.Location) (time.Time, error) {
	if c.asOf != "" {
		return period.ParseAsOf(c.asOf, zone)
	}
	return c.now.In(zone), nil
}

// zoneFlag is the --timezone that finds the zone again; none where nobody chose one.
func (c clock) zoneFlag() []string {
	switch {
	case !c.chosen:
		return nil
	case c.zone == nil:
		return []string{fleetZone}
	case c.zone == time.Local:
		return []string{"local"}
	}
	return []string{c.zone.String()}
}

// asOfFlag is the --as-of that makes a later run take it for now.
func (c clock) asOfFlag() []string { return []string{cmp.Or(c.asOf, charge.FormatInstant(c.now))} }

// periodFlags say which period a report is of.
type periodFlags struct {
	period     optional
	start, end optional
}

func (o *periodFlags) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.period, "period", "`PERIOD` period such as last-month, 2026-04, 2026-Q2 or A..B; see: chargectl help periods (default "+defaultPeriod+")")
	fs.Var(&o.start, "start", "`DATE` start of the period: a date or an instant")
	fs.Var(&o.end, "end", "`DATE` end of the period, exclusive: a date or an instant")
}

// read reads the period; by UTC while the fleet's own zone is not known, so that mistakes are found before any request.
func (o *periodFlags) read(c clock) (p period.Period, err error) {
	zone := cmp.Or(c.zone, time.UTC)
	interval := o.start.given || o.end.given
	if o.period.given && interval {
		return p, charge.Usagef("--period and --start or --end both say the period: give one")
	}
	now, err := c.at(zone)
	switch {
	case err != nil:
		return p, err
	case interval:
		return period.ParseStartEnd(o.start.text, o.end.text, now, zone)
	}
	return period.Parse(o.period.or(defaultPeriod), now, zone)
}

// notices are what is worth saying of the period that was resolved: what it is, and what about it may surprise.
func (o *periodFlags) notices(what string, p period.Period, c clock) []string {
	said := []string{what}
	if now, err := c.at(p.Start.Location()); err == nil && p.Open(now) {
		said = append(said, "the period has not ended yet: what is charged later is not in the report")
	}
	if notice, ok := period.EndNotice(o.end.text); ok {
		said = append(said, notice)
	}
	return said
}

// spanFlags say which periods a folder should hold.
type spanFlags struct {
	period, since, until optional
	every                word[period.Unit]
}

func (o *spanFlags) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.period, "period", "`PERIOD` one period, such as last-month or 2026-04; see: chargectl help periods (default "+defaultPeriod+")")
	fs.Var(&o.since, "since", "`PERIOD` all periods from this one on")
	fs.Var(&o.until, "until", "`PERIOD` up to this one, included (default the last closed one)")
	addWord(fs, &o.every, "every", "`LENGTH` length of the periods", period.Month, period.Day, period.Week, period.Month, period.Quarter, period.Year)
}

// read lists the periods; as periodFlags does while the zone is not known. The last is the one that --until names, else the
// last closed one; where that lies before the first, the first alone, which is then not closed.
func (o *spanFlags) read(c clock) ([]period.Period, error) {
	zone := cmp.Or(c.zone, time.UTC)
	switch {
	case o.period.given && o.since.given:
		return nil, charge.Usagef("--period and --since both say the periods: give one")
	case !o.since.given && (o.until.given || o.every.given):
		return nil, charge.Usagef("--until and --every need --since: the first period of the folder")
	}
	now, err := c.at(zone)
	if err != nil {
		return nil, err
	}
	if !o.since.given {
		p, err := period.Parse(o.period.or(defaultPeriod), now, zone)
		return []period.Period{p}, err
	}
	since, err := period.Parse(o.since.text, now, zone)
	if err != nil {
		return nil, err
	}
	until := since
	if closed := period.LastClosed(o.every.value, now, zone); closed.End.After(since.Start) {
		until = closed
	}
	if o.until.given {
		if until, err = period.Parse(o.until.text, now, zone); err != nil {
			return nil, err
		}
	}
	span, err := period.Span(since, until)
	if err != nil {
		return nil, err
	}
	return span.Split(o.every.value), nil
}
