package poll

import (
	"context"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// visibleWithin is how long a report that this run has created may be unknown to the API before a 404 is believed.
const visibleWithin = 10 * time.Second

// origin is what is known of a report when its wait begins.
type origin int

const (
	given    origin = iota // its id, from the command line
	created                // this run has just created it
	replayed               // this run asked for it; it may have been there before
)

// report is one that is waited for.
type report struct {
	id    string
	index int // among those of one wait
	from  origin
	ctx   context.Context // of its wait
	ended chan<- *report  // takes it when it has ended; never blocks
	since time.Time       // when the wait began

	last    charge.Report      // as last seen
	seen    time.Time          // when that was, by our clock
	polled  bool               // a request has shown it; the create that made it counts
	pace    time.Duration      // from then to the next poll
	again   time.Time          // when it is due whatever its pace: the first time, or after a failure; else zero
	failing error              // why the last request for it failed; nil after one that worked
	cancel  context.CancelFunc // of the single request under way; nil when there is none

	over    bool
	err     error // why, once it is over
	atFirst bool  // the first poll found it at its end
}

// age is the report's age now: what it was when it was last seen, and our time since then. It is the smaller of the age
// by the server's clock and by ours, either of which may be wrong; a report created over a minute in our future means
// that our clock is slow. It is never less than the time we have waited, and just that when this run created it.
func (r *report) age(now time.Time) time.Duration {
	waited := now.Sub(r.since)
	if r.from == created || r.last.Created.IsZero() {
		return waited
	}
	age := r.seen.Sub(r.last.Created)
	if theirs := r.last.Age(); !r.last.Seen.IsZero() && (theirs < age || age < -time.Minute) {
		age = theirs
	}
	return max(waited, age+now.Sub(r.seen))
}

// stillOpen is the error of a wait that is over before its report is.
func (r *report) stillOpen(why *charge.Error) error {
	own := *why
	own.Op, own.Report = "wait for "+r.id, r.id
	switch {
	case own.Kind != charge.KindDeadline && own.Kind != charge.KindInterrupted:
	case r.failing != nil:
		own.Reason += ", and the last request did not work: " + r.failing.Error()
	case r.last.ID == "":
		own.Reason += ", the report has not been seen yet"
	default:
		own.Reason += ", the report is still " + string(r.last.Status)
	}
	return &own
}

// End is how the wait for one report ended. Err is nil when the report succeeded; otherwise its kind tells which end it
// was: failed, deadline, interrupted, not found, auth, certificate, refused, or the kind of the API's own error about this report.
type End struct {
	ID     string
	Report charge.Report // as last seen; without an id when it never was
	Err    error
	// AtFirst is whether the first poll already found the report at its end: an earlier run had asked for it.
	AtFirst bool
}

// Status is the last status seen, "unknown" when there was none.
func (e End) Status() charge.Status {
	if e.Report.ID == "" {
		return "unknown"
	}
	return e.Report.Status
}
