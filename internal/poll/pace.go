package poll

import (
	"context"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// The bounds of the pace of waiting (docs/architecture.md, Waiting).
const (
	minPace = time.Second
	maxPace = time.Minute
	maxWait = 10 * time.Second // before a request that failed is repeated

	// grouped is the number of open reports from which on they share one pace and the listing is read.
	grouped = 4
)

// ownPace is when a report is polled again by its age: after a tenth of it, between 1 s and 60 s. So the delay after it
// is ready stays a tenth of the time that it took, while polls grow with that time's logarithm.
func ownPace(age time.Duration) time.Duration {
	return min(max(age/10, minPace), maxPace)
}

// sharedPace is when all of a group are polled again by their median age: after a seventh of it, between 1 s and 60 s.
// The youngest does not draw it nearer. Where more than four pages of the listing have to be read it may be 15 s for each
// of them, up to 150 s.
func sharedPace(median time.Duration, pages int) time.Duration {
	longest := max(maxPace, min(time.Duration(pages)*15*time.Second, 150*time.Second))
	return min(max(median/7, minPace), longest)
}

// retryPace is when a request that failed is repeated: after the pace, but within 1 s to 10 s, and not before the server
// allowed it.
func retryPace(pace, retryAfter time.Duration) time.Duration {
	return max(min(max(pace, minPace), maxWait), retryAfter)
}

// round is one poll of all reports of a group.
type round struct {
	began  time.Time // reports that were seen before are due
	next   time.Time // when the next one begins
	jitter float64
}

// due is when a report is to be polled next.
func (p *Poller) due(r *report) time.Time {
	switch {
	case !r.again.IsZero():
		return r.again
	case !p.grouped():
		return r.seen.Add(r.pace)
	case r.seen.Before(p.round.began):
		return p.round.began
	default:
		return p.round.next
	}
}

func (p *Poller) grouped() bool { return len(p.open) >= grouped }

// pace is how long after now a report is polled again by itself.
func (p *Poller) pace(r *report, now time.Time) time.Duration {
	if p.options.Interval > 0 {
		return p.options.Interval
	}
	return scale(ownPace(r.age(now)), p.options.Jitter())
}

// beginRound begins the next one if it is time.
func (p *Poller) beginRound(now time.Time) {
	if !p.round.began.IsZero() && !p.round.next.After(now) {
		p.planRound() // reports that had never been seen when it began are of a known age by now
	}
	if p.round.next.After(now) {
		return
	}
	p.round.began, p.round.jitter = now, p.options.Jitter()
	p.planRound()
}

// planRound puts the next round a shared pace after this one, by the ages that the reports had when it began.
func (p *Poller) planRound() {
	pace := p.options.Interval
	if pace == 0 {
		ages := make([]time.Duration, len(p.open))
		for i, r := range p.open {
			ages[i] = r.age(p.round.began)
		}
		slices.Sort(ages)
		pace = scale(sharedPace(ages[len(ages)/2], p.listing.pages), p.round.jitter)
	}
	p.round.next = p.round.began.Add(pace)
}

func scale(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * factor)
}

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
