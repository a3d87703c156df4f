package cli

import (
	"cmp"
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// fleetMemory has the fleets that a run has seen, so that it asks for each of them once.
type fleetMemory struct {
	byID sync.Map                       // charge.Fleet by id
	all  atomic.Pointer[[]charge.Fleet] // nil until they were listed to the end

	unknown atomic.Bool // a name could not be looked up, and is not again
}

// Fleet finds a fleet by its id, and connects for it.
func (a *App) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	if fleet, ok := a.fleets.byID.Load(id); ok {
		return fleet.(charge.Fleet), nil
	}
	client, err := a.Connect(ctx)
	if err != nil {
		return charge.Fleet{}, err
	}
	fleet, err := client.Fleet(ctx, id)
	if err == nil {
		a.fleets.byID.Store(id, fleet)
	}
	return fleet, err
}

// allFleets lists the fleets, and connects for it.
func (a *App) allFleets(ctx context.Context) ([]charge.Fleet, error) {
	if all := a.fleets.all.Load(); all != nil {
		return *all, nil
	}
	client, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	var all []charge.Fleet
	for page, err := range client.FleetPages(ctx) {
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
	}
	for _, fleet := range all {
		a.fleets.byID.Store(fleet.ID, fleet)
	}
	a.fleets.all.Store(&all)
	return all, nil
}

// learnFleets lists the fleets, so that all are known.
func (a *App) learnFleets(ctx context.Context) error {
	_, err := a.allFleets(ctx)
	return err
}

// fleetName is a fleet for people: its name where it is known or can be looked up, else its id.
func (a *App) fleetName(ctx context.Context, id string) string {
	fleet := a.named(ctx, id, func(ctx context.Context) error {
		if a.keyless {
			return nil // a dry run sends nothing
		}
		_, err := a.Fleet(ctx, id)
		return err
	})
	return cmp.Or(fleet.Name, id, wholeAccount)
}

// named is a fleet with as much as is known of it, for people to read: learn is asked once, and not for long. A look-up
// that fails costs nothing but the name.
func (a *App) named(ctx context.Context, id string, learn func(context.Context) error) charge.Fleet {
	const patience = 2 * time.Second
	_, known := a.fleets.byID.Load(id)
	if id != "" && !known && !a.fleets.unknown.Load() {
		ctx, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		a.fleets.unknown.Store(learn(ctx) != nil)
	}
	if fleet, ok := a.fleets.byID.Load(id); ok {
		return fleet.(charge.Fleet)
	}
	return charge.Fleet{ID: id}
}

// findFleet finds a fleet by its exact name, listing all of them once. What has the prefix of an id must be one, and
// is taken as it is, without a request; the empty text is the whole account. A name that no fleet or several have is a
// usage error that says so.
func (a *App) findFleet(ctx context.Context, text string) (fleet charge.Fleet, err error) {
	if text == "" {
		return fleet, nil
	}
	if strings.HasPrefix(text, charge.FleetPrefix) {
		return charge.Fleet{ID: text}, charge.CheckID(charge.FleetPrefix, text)
	}
	all, err := a.allFleets(ctx)
	if err != nil {
		return fleet, err
	}
	var ids, names []string
	for _, f := range all {
		names = append(names, f.Name)
		if f.Name == text {
			fleet, ids = f, append(ids, f.ID)
		}
	}
	name := charge.Clip(text, 80)
	switch len(ids) {
	case 1:
		return fleet, nil
	case 0:
		err := charge.Usagef("no fleet has the name %q", name).WithHint("list the fleets with: chargectl fleets list")
		if near := charge.Nearest(text, names); near != "" {
			err = charge.Usagef("no fleet has the name %q: did you mean %q?", name, near).WithHint(err.Hint)
		}
		return fleet, err
	}
	return fleet, charge.Usagef("%d fleets have the name %q: name one by its id: %s", len(ids), name, strings.Join(ids, ", "))
}

// zoneOf is a fleet's own zone; the fleet is looked up where it is not known.
func (a *App) zoneOf(ctx context.Context, fleet charge.Fleet) (zone *time.Location, err error) {
	if fleet.ID == "" {
		return nil, charge.Usagef("--timezone fleet needs a --fleet: the whole account has no zone of its own")
	}
	if fleet.Timezone == "" {
		if fleet, err = a.Fleet(ctx, fleet.ID); err != nil {
			return nil, err
		}
	}
	if zone, err = period.LoadZone(fleet.Timezone); err != nil {
		return nil, charge.Usagef("fleet %s: %w", fleet.ID, err)
	}
	return zone, nil
}
