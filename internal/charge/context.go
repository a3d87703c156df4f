package charge

import (
	"context"
	"errors"
	"time"
)

// Ended turns the end of a context into its typed error: the cause where that is one already (a signal's, say), else
// KindDeadline or KindInterrupted. The error is the caller's own copy.
func Ended(ctx context.Context) *Error {
	cause := context.Cause(ctx)
	if e, ok := errors.AsType[*Error](cause); ok {
		own := *e
		return &own
	}
	if errors.Is(cause, context.DeadlineExceeded) {
		return Errorf(KindDeadline, "the deadline passed")
	}
	return Errorf(KindInterrupted, "interrupted")
}

// Sleep waits for d or until ctx ends, and reports whether it waited in full.
func Sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
