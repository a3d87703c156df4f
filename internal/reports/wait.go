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
	until, poller, cancel := s.begin(ctx, len(ids), o)
	defer cancel()
	errs := make([]error, len(ids))
	for i, end := range poller.WaitAll(until, ids) {
		errs[i] = end.Err
		s.Observer.Ended(end.ID, "", false, end.Err)
		each(end)
	}
	return errs
}

// lockUntil is until when to wait for another process's lock: the deadline, or now where nothing is waited for.
func (o WaitOptions) lockUntil(until context.Context) time.Time {
	if o.Timeout == poll.Once {
		return time.Now()
	}
	deadline, _ := until.Deadline()
	return deadline
}
