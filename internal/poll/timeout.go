package reports

import (
	"context"
	"errors"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Timeout is how long a command may wait in all. The zero value looks once.
type Timeout struct {
	Limit time.Duration // 0 with Never unset: look once; never negative
	Never bool          // no deadline
}

// ParseTimeout reads a duration such as 90s or 1h30m, "0" to look once, or "none". Anything else is a usage error.
func ParseTimeout(text string) (Timeout, error) {
	if text == "none" {
		return Timeout{Never: true}, nil
	}
	limit, err := time.ParseDuration(text)
	if err != nil || limit < 0 {
		return Timeout{}, charge.Usagef("timeout %q is not a duration: give one such as 90s or 1h30m, 0 to look once, or none", charge.Clip(text, 40))
	}
	return Timeout{Limit: limit}, nil
}

// Once says that each report is looked at once, whatever its status.
func (t Timeout) Once() bool { return t.Limit == 0 && !t.Never }

// bound gives ctx the deadline, if there is one.
func (t Timeout) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if t.Never || t.Once() {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, t.Limit)
}

// ending turns the end of a context into the typed end of a wait or a transfer.
func ending(ctx context.Context) *charge.Error {
	cause := context.Cause(ctx)
	if e, ok := errors.AsType[*charge.Error](cause); ok {
		return e
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return charge.Errorf(charge.KindDeadline, "the deadline passed")
	}
	return charge.Errorf(charge.KindInterrupted, "interrupted")
}

// pause waits for d or until ctx ends, and says whether it waited in full.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
