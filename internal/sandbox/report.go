package sandbox

import (
	"math"
	"net/http"
	"strings"
	"time"
)

// The statuses of a report (charge-api.md, Reports).
const (
	pending    = "pending"
	processing = "processing"
	succeeded  = "succeeded"
	failed     = "failed"
)

// forever is the generation time of a report that never ends.
const forever = time.Duration(math.MaxInt64)

// report is one created report. Its whole life is decided when it is created; only the clock moves it.
type report struct {
	asked

	n       int // its place in the order of creation, from 1
	id      string
	key     string
	created time.Time
	takes   time.Duration
	outcome string // the status it ends with
	size    int64  // of the file, -1 until somebody asked
}

func (s *Sandbox) add(a asked, key string, now time.Time) *report {
	n := len(s.reports) + 1
	r := &report{
		asked: a, n: n, id: newID(s.options.Seed, "rpt_", n), key: key, size: -1,
		created: now.Truncate(time.Millisecond), takes: s.generate(n, key), outcome: s.finish(n),
	}
	switch {
	case r.takes == forever:
		r.outcome = pending
	case s.fails(a.fleet, n):
		r.outcome = failed
	}
	s.reports = append(s.reports, r)
	return r
}

func (r *report) status(now time.Time) string {
	switch age := now.Sub(r.created); {
	case r.takes == forever || age < r.takes/3:
		return pending
	case age < r.takes:
		return processing
	default:
		return r.outcome
	}
}

func (s *Sandbox) open(now time.Time) (count int) {
	for _, r := range s.reports {
		if status := r.status(now); status == pending || status == processing {
			count++
		}
	}
	return count
}

func (s *Sandbox) find(id string) (*report, bool) {
	for _, r := range s.reports {
		if r.id == id {
			return r, true
		}
	}
	return nil, false
}

func (s *Sandbox) getReport(_ *http.Request, id string) (any, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.find(id)
	if !ok {
		return nil, absent("report_not_found", "report", "no such report: %s", id)
	}
	return s.view(r, s.now()), nil
}

func (s *Sandbox) listReports(r *http.Request, _ string) (any, *problem) {
	q, refused := s.parseQuery(r, "reports", "status", "fleet")
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var rows []row
	for _, r := range s.reports {
		if q.wants("status", r.status(now)) && q.wants("fleet", r.fleet) {
			rows = append(rows, row{r.n, func() any { return s.view(r, now) }})
		}
	}
	return s.page(q, rows), nil
}

// view is the report as the API shows it now.
func (s *Sandbox) view(r *report, now time.Time) reportObject {
	object := reportObject{
		ID: r.id, Object: "report", Account: s.account, Created: formatInstant(r.created), Fleet: orNull(r.fleet),
		Parameters: r.parameters, Status: r.status(now), Type: "csv",
	}
	if object.Status == succeeded {
		object.Size = s.sizeOf(r)
		object.SucceededAt = orNull(formatInstant(r.ended()))
		object.URL = orNull(s.link(strings.TrimSuffix(s.filesURL, "/") + filePath(r.id)))
	}
	return object
}

func (r *report) ended() time.Time { return r.created.Add(r.takes) }
