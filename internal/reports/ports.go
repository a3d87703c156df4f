package reports

import (
	"context"
	"iter"

	"github.com/chargectl/chargectl/internal/charge"
)

// Creator asks for a report. The same body under the same key is the same report for 24 hours.
type Creator interface {
	CreateReport(ctx context.Context, body []byte, key string) (charge.Report, error)
}

// FleetGetter finds a fleet by its id.
type FleetGetter interface {
	Fleet(ctx context.Context, id string) (charge.Fleet, error)
}

// FleetLister pages through fleets.
type FleetLister interface {
	FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error]
}
