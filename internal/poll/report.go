package poll

import (
	"context"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// visibleWithin is how long a report that this run has created may be unknown to the API before that is believed.
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
	atFirst bool
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

// maybeInvisible reports whether a 404 may only mean that the report is too new to be visible.
func (r *report) maybeInvisible(now time.Time) bool {
	return r.from != given && r.age(now) < visibleWithin
}
