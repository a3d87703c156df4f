package poll

import (
	"context"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Timeout is how long a command may wait in all: a limit that is more than 0, or Once, or Never.
type Timeout time.Duration

const (
	// Once asks about each report once, whatever its status.
	Once Timeout = 0
	// Never is no deadline.
	Never Timeout = -1
)

// ParseTimeout reads a duration such as 90s or 1h30m, "0" for Once, or "none" for Never. Anything else is a usage error.
func ParseTimeout(text string) (Timeout, error) {
	if text == "none" {
		return Never, nil
	}
	limit, err := time.ParseDuration(text)
	if err != nil || limit < 0 {
		return Once, charge.Usagef("timeout %q is not a duration: give one such as 90s or 1h30m, 0 to ask once, or none", charge.Clip(text, 40))
	}
	return Timeout(limit), nil
}

// Bound returns ctx with the deadline, if there is one.
func (t Timeout) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if t == Never || t == Once {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(t))
}
