package poll

import (
	"errors"
	"net/http"

	"github.com/chargectl/chargectl/internal/charge"
)

// End is how the wait for one report ended. Err is nil when the report succeeded; otherwise its kind tells which end it
// was: failed, deadline, interrupted, not found, auth, certificate, refused, or whatever the API said of this report.
type End struct {
	ID     string
	Report charge.Report // as last seen; without an id when it never was
	Err    error
	// AtFirst says that the first poll already found the report at its end: an earlier run had asked for it.
	AtFirst bool
}

// Status is the last status seen, "unknown" when there was none.
func (e End) Status() charge.Status {
	if e.Report.ID == "" {
		return "unknown"
	}
	return e.Report.Status
}

// askedOnce ends a wait that was not to wait.
func askedOnce() *charge.Error { return charge.Errorf(charge.KindDeadline, "asked once") }

// stillOpen is the error of a wait that is over before its report is.
func stillOpen(r *report, why error) error {
	e, ok := errors.AsType[*charge.Error](why)
	if !ok {
		return why
	}
	own := *e
	own.Op, own.Report = "wait for "+r.id, r.id
	if e.Kind == charge.KindDeadline || e.Kind == charge.KindInterrupted {
		own.Reason += ", " + standing(r)
	}
	return &own
}

func standing(r *report) string {
	switch {
	case r.failing != nil:
		return "and the last request did not work: " + r.failing.Error()
	case r.last.ID == "":
		return "the report has not been seen yet"
	default:
		return "the report is still " + string(r.last.Status)
	}
}

// endsAll reports whether no other request could do better than the one that failed: the key is no good, or the server
// is not who it should be. A 403 is about what was asked for.
func endsAll(err error) bool {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok {
		return false
	}
	switch e.Kind {
	case charge.KindAuth:
		return e.HTTPStatus != http.StatusForbidden
	case charge.KindCertificate, charge.KindRefused:
		return true
	default:
		return false
	}
}
