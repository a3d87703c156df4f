package reports

import (
	"context"
	"time"

	"github.com/chargectl/chargectl/internal/poll"
)

// WaitOptions are how long to wait and how often to poll.
type WaitOptions struct {
	Timeout  poll.Timeout
	Interval time.Duration // between two polls of a report; 0 follows its age
}

// Wait waits for all reports under one deadline. Each is called as its report ends, in that order, never twice at
// once; the errors are returned in the order of ids, nil for a report that succeeded.
func (s *Service) Wait(ctx context.Context, ids []string, o WaitOptions, each func(poll.End)) []error {
	until, cancel := s.begin(ctx, len(ids), o.Timeout)
	defer cancel()
	errs := make([]error, len(ids))
	for i, end := range s.poller(o, nil).WaitAll(until, ids) {
		errs[i] = end.Err
		s.Observer.Ended(end.ID, "", false, end.Err)
		each(end)
	}
	return errs
}

// begin starts the clock of a command: the one deadline that all of its waits share.
func (s *Service) begin(ctx context.Context, items int, t poll.Timeout) (context.Context, context.CancelFunc) {
	ctx, cancel := t.Bound(ctx)
	s.announce(ctx, items)
	return ctx, cancel
}

// announce tells the observer how many items there are and when ctx ends.
func (s *Service) announce(ctx context.Context, items int) {
	deadline, _ := ctx.Deadline()
	s.Observer.Begin(items, deadline)
}
