package reports

import (
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
	created time.Time     // by this run; zero when it was there before
	seen    time.Time     // by our clock, when report was seen
	page    int           // of the listing that it was last found on, from 1; 0 when not known
	due     time.Time
	failing error // why the last look failed
	ended   bool
	done    chan End
}

// age is the report's age now: what the server's own clock said at the last look, and our time since then.
func (w *watched) age(now time.Time) time.Duration {
	if w.seen.IsZero() {
		return 0
	}
	age := w.report.Age()
	if w.report.Seen.IsZero() && !w.report.Created.IsZero() {
		age = max(0, w.seen.Sub(w.report.Created))
	}
	return age + now.Sub(w.seen)
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
