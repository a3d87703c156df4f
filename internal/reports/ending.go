package reports

import (
	"context"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// ending turns the end of a context into the typed end of a wait or a transfer.
func ending(ctx context.Context) *charge.Error { return charge.Ended(ctx) }

// pause waits for d or until ctx ends, and says whether it waited in full.
func pause(ctx context.Context, d time.Duration) bool { return charge.Sleep(ctx, d) }
