package cli

import (
	"context"
	"iter"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// fleetLister pages through fleets.
type fleetLister interface {
	FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error]
}

// findFleet finds a fleet by its exact name, listing all of them once. What has the prefix of an id must be one, and
// is taken as it is, without a request; the empty text is the whole account. A name that no fleet or several have is a
// usage error that says so.
func findFleet(ctx context.Context, fleets fleetLister, text string) (charge.Fleet, error) {
	if text == "" {
		return charge.Fleet{}, nil
	}
	if strings.HasPrefix(text, charge.FleetPrefix) {
		return charge.Fleet{ID: text}, charge.CheckID(charge.FleetPrefix, text)
	}
	var found []charge.Fleet
	for page, err := range fleets.FleetPages(ctx) {
		if err != nil {
			return charge.Fleet{}, err
		}
		for _, fleet := range page {
			if fleet.Name == text {
				found = append(found, fleet)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		err := charge.Usagef("no fleet has the name %q", charge.Clip(text, 80))
		err.Hint = "list the fleets with: chargectl fleets list"
		return charge.Fleet{}, err
	}
	ids := make([]string, len(found))
	for i, fleet := range found {
		ids[i] = fleet.ID
	}
	return charge.Fleet{}, charge.Usagef("%d fleets have the name %q: name one by its id: %s", len(found), charge.Clip(text, 80), strings.Join(ids, ", "))
}
