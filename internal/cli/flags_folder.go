package cli

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/period"
)

// folderFlags say what a folder should hold.
type folderFlags struct {
	request requestFlags
	span    spanFlags
	clock   clockFlags
	scope   scopeFlags
	settle  time.Duration
	dir     optional
	name    string
}

// addFlags adds them; what the folder is there for is for the help of --dir.
func (o *folderFlags) addFlags(fs *pflag.FlagSet, purpose string) {
	o.request.addFlags(fs)
	o.scope.addFlags(fs)
	o.span.addFlags(fs)
	o.clock.addFlags(fs)
	addDuration(fs, &o.settle, "settle", 0, "`DURATION` a period counts as closed only this long after its end")
	fs.Var(&o.dir, "dir", "`FOLDER` "+purpose)
	fs.StringVar(&o.name, "name", "", "`TEMPLATE` how the files are named; see: chargectl help formatting (default {type}_{fleet}_{period}.{ext})")
}

// wantedFolder is what a folder should hold, as far as it is known.
type wantedFolder struct {
	flags   folderFlags
	dir     string
	fleets  []string // by id or name; by id once they are found
	zones   clock
	periods []period.Period // in the zone of the clock, provisional while it has none
	options folder.PlanOptions
}

// wanted finds every mistake that needs no request to be found.
func (o *folderFlags) wanted(cfg *config.Config) (*wantedFolder, error) {
	w := &wantedFolder{flags: *o, dir: cmp.Or(o.dir.or(cfg.Dir), ".")}
	var err error
	if w.options.Request, err = o.request.request(cfg); err != nil {
		return nil, err
	}
	if w.zones, err = o.clock.clock(cfg); err != nil {
		return nil, err
	}
	if w.periods, err = o.span.read(w.zones); err != nil {
		return nil, err
	}
	if w.fleets, err = o.scope.wanted(cfg); err != nil {
		return nil, err
	}
	if o.settle < 0 {
		return nil, charge.Usagef("--settle %s is negative", o.settle)
	}
	name := o.name
	if name == "" {
		if name, err = folder.DefaultSyncName(w.options.Request); err != nil {
			return nil, err
		}
	}
	if w.options.Name, err = filename.Parse(name); err != nil {
		return nil, err
	}
	w.options.Settle, w.options.Now, w.options.Periods = o.settle, w.zones.at, w.periodsIn
	return w, nil
}

// findScopes looks up what only the API knows: fleets by name, all fleets, and their own zones. Where ids are enough it
// does not even connect.
func (w *wantedFolder) findScopes(ctx context.Context, app *App) error {
	fleets, err := w.findFleets(ctx, app)
	if err != nil {
		return err
	}
	w.fleets = nil
	for _, fleet := range fleets {
		w.fleets = append(w.fleets, fleet.ID)
	}
	for _, fleet := range fleets {
		if w.options.Name.Uses("fleet") && !w.options.Shard.Has(fleet.ID) {
			continue // its names are its own: there is nothing to look up
		}
		zone := w.zones.zone
		if zone == nil {
			if zone, err = app.zoneOf(ctx, fleet); err != nil {
				return err
			}
		}
		w.options.Scopes = append(w.options.Scopes, folder.Scope{Fleet: fleet, Zone: zone})
	}
	return nil
}

// findFleets gives those that were named, each once, in their order, or all; with their names where files are called after
// them.
func (w *wantedFolder) findFleets(ctx context.Context, app *App) (fleets []charge.Fleet, err error) {
	if w.flags.scope.allFleets {
		if fleets, err = app.allFleets(ctx); err == nil && len(fleets) == 0 {
			err = charge.Usagef("--all-fleets: the account has no fleets")
		}
		return fleets, err
	}
	for _, text := range w.fleets {
		fleet, err := app.findFleet(ctx, text)
		if err == nil && w.options.Name.Uses("fleet_name") && fleet.ID != "" && fleet.Name == "" {
			fleet, err = app.Fleet(ctx, fleet.ID)
		}
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(fleets, func(other charge.Fleet) bool { return other.ID == fleet.ID }) {
			fleets = append(fleets, fleet)
		}
	}
	return fleets, nil
}

// periodsIn lists the periods as a zone's calendar has them.
func (w *wantedFolder) periodsIn(zone *time.Location) ([]period.Period, error) {
	if zone == w.zones.zone {
		return w.periods, nil
	}
	its := w.zones
	its.zone = zone
	return w.flags.span.read(its)
}

// same are the flags that mean the same folder, whenever they are read.
func (w *wantedFolder) same() resolved {
	same := resolved{"type": {w.options.Request.Type}, "as-of": w.zones.asOfFlag(), "timezone": w.zones.zoneFlag()}
	if w.dir != "." || w.flags.dir.given {
		same.settle("dir", w.dir)
	}
	if !w.flags.scope.allFleets && (len(w.flags.scope.fleets) > 0 || w.fleets[0] != "") {
		same["fleet"] = w.fleets
	}
	return same
}

// sameLater reports whether the flags mean these periods, and perhaps more, without the moment that they were resolved at.
func (w *wantedFolder) sameLater() bool {
	asked := w.zones
	asked.asOf = ""
	for _, later := range []int{0, 400} { // days: no word for a period means the same then
		at := asked
		at.now = asked.now.AddDate(0, 0, later)
		periods, err := w.flags.span.read(at)
		same := func(a, b period.Period) bool { return a.Start.Equal(b.Start) && a.End.Equal(b.End) }
		if err != nil || len(periods) < len(w.periods) || !slices.EqualFunc(w.periods, periods[:len(w.periods)], same) {
			return false
		}
	}
	return true
}

// shardFlag is a part of a plan; the zero one, where it is not given, is all of it.
type shardFlag folder.Shard

func (s *shardFlag) String() string { return folder.Shard(*s).String() }

func (s *shardFlag) Set(text string) error {
	shard, err := folder.ParseShard(text)
	*s = shardFlag(shard)
	return err
}

func (s *shardFlag) Type() string { return "K/N" }
