package reports

import (
	"errors"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// visibleWithin is how long a report that this run created may be unknown to the API before that is believed.
const visibleWithin = 10 * time.Second

// End is how the wait for one report ended. Err is nil when it succeeded; its kind says which end it was otherwise:
// failed, deadline, not found, auth, or interrupted.
type End struct {
	ID     string
	Report charge.Report // as last seen; without an id when it never was
	Err    error
	// AtFirst says that the first look already found the report at its end: an earlier run had asked for it.
	AtFirst bool
}

// Status is the last status seen, "unknown" when there was none.
func (e End) Status() charge.Status {
	if e.Report.ID == "" {
		return "unknown"
	}
	return e.Report.Status
}

// watched is one report that the watcher follows until its end.
type watched struct {
	id      string
	report  charge.Report // as last seen
	since   time.Time     // when we began to follow it
	created time.Time     // when this run asked for it; zero when it did not
	own     bool          // made by that, not there before
	seen    time.Time     // by our clock, when report was seen
	page    int           // of the listing that it was last found on, from 1; 0 when not known
	due     time.Time
	failing error // why the last look failed
	looked  bool  // a look has worked; the answer to its own create counts as one
	atFirst bool  // that look found it at its end
	busy    bool  // a single look is under way
	ended   bool
	done    chan End
}

// age is the report's age now: what it was at the last look and our time since then. It is at least as old as our wait
// for it, whatever the server leaves out or its clock says, and just as old when this run made it.
func (w *watched) age(now time.Time) time.Duration {
	followed := now.Sub(w.since)
	if w.seen.IsZero() || w.own {
		return followed
	}
	return max(followed, w.ageSeen()+now.Sub(w.seen))
}

// ageSeen is the report's age at the last look by the server's clock or by ours, whichever makes it younger: either may
// be hours off, and too old an age puts the next look off by a minute. Created in our future, it tells that ours is.
func (w *watched) ageSeen() time.Duration {
	r := w.report
	ours := w.seen.Sub(r.Created)
	switch {
	case r.Created.IsZero():
		return 0
	case r.Seen.IsZero():
		return ours
	case ours < -time.Minute:
		return r.Age()
	}
	return min(r.Age(), max(0, ours))
}

// fresh says that a 404 may only mean that the report is not visible yet.
func (w *watched) fresh(now time.Time) bool {
	return !w.created.IsZero() && now.Sub(w.created) < visibleWithin
}

// verdict is the error that a terminal status means.
func verdict(r charge.Report) error {
	if r.Status != charge.Failed {
		return nil
	}
	return &charge.Error{Kind: charge.KindFailed, Op: "report " + r.ID, Reason: "the report failed at the server", Report: r.ID, Request: r.Request}
}

// lookedOnce ends a wait that was not to wait.
func lookedOnce() *charge.Error { return charge.Errorf(charge.KindDeadline, "looked once") }

// stillRunning words the end of a wait for one report whose own end was not seen.
func stillRunning(item *watched, why error) error {
	e, ok := errors.AsType[*charge.Error](why)
	if !ok {
		return why
	}
	own := *e
	own.Op, own.Report = "wait for "+item.id, item.id
	if e.Kind != charge.KindDeadline && e.Kind != charge.KindInterrupted {
		return &own
	}
	own.Reason += ", " + lastSeen(item)
	return &own
}

func lastSeen(item *watched) string {
	if item.failing != nil {
		return "the last look did not work: " + item.failing.Error()
	}
	if item.seen.IsZero() {
		return "the report has not been seen yet"
	}
	return "the report is still " + string(item.report.Status)
}
