package output

import (
	"errors"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// reasons keeps one outage from being told once per report.
type reasons struct {
	last string
	when time.Time
}

// news reports whether the reason should be told: it is another one, or was not told for a heartbeat's time.
func (r *reasons) news(reason string, now time.Time) bool {
	if reason == r.last && now.Sub(r.when) < heartbeatEvery {
		return false
	}
	r.last, r.when = reason, now
	return true
}

// reasonOf leaves out what differs between the same trouble of two reports.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*charge.Error](err); ok && e.Reason != "" {
		return line(e.Reason)
	}
	if err == nil {
		return ""
	}
	return line(err.Error())
}
