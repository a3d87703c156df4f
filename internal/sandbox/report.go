package sandbox

import (
	"math"
	"slices"
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
	key     string // empty when the request had none
	request string // the id of the request that made it
	created time.Time
	takes   time.Duration
	ends    string // the status it ends with, pending when it never ends
	size    int64  // of the file, -1 until somebody asked
	version int64  // how often the figures had changed when it was asked for
}

// add creates a report; the sandbox is locked.
func (s *Sandbox) add(a asked, c call) *report {
	n := len(s.reports) + 1
	r := &report{
		asked: a, n: n, id: newID(s.seed, "rpt_", n), key: c.key, request: c.requestID, size: -1,
		created: c.now.Truncate(time.Millisecond), ends: succeeded,
	}
	takes, fails := s.fate(n)
	switch r.takes = takes; {
	case s.among(r, s.stuck) || takes == forever:
		r.takes, r.ends = forever, pending
	case s.slow > 0:
		r.takes *= time.Duration(s.slow)
	}
	if r.takes < forever && (fails || s.among(r, s.fails)) {
		r.ends = failed
	}
	s.append(r)
	if s.restate > 0 {
		r.version = int64(r.created.Sub(s.firstAsked[r.question()]) / s.restate)
	}
	if s.changes != nil {
		r.version += s.changes(r.fleet, r.start, r.created)
	}
	if len(s.endpoints) > 0 {
		s.watch(r)
	}
	return r
}

// append puts a report behind all others; the sandbox is locked.
func (s *Sandbox) append(r *report) {
	s.reports = append(s.reports, r)
	s.byID[r.id] = r
	if s.restate == 0 {
		return
	}
	question := r.question()
	if first, known := s.firstAsked[question]; !known || r.created.Before(first) {
		s.firstAsked[question] = r.created
	}
}

// question is what makes two reports reports of the same.
func (r *report) question() string { return r.fleet + string(encode(r.parameters)) }

// among tells whether a report is one of the first n that were created, apart from those that were there at the start.
func (s *Sandbox) among(r *report, n int) bool {
	place := r.n - s.from.Ready
	return place > 0 && place <= n
}

func (r *report) status(now time.Time) string {
	switch age := now.Sub(r.created); {
	case r.takes == forever || age < r.takes/3:
		return pending
	case age < r.takes:
		return processing
	default:
		return r.ends
	}
}

// shownStatus is a report's status as the API names it.
func (s *Sandbox) shownStatus(r *report, now time.Time) string {
	status, age := r.status(now), now.Sub(r.created)
	switch {
	case s.newStatus && status == pending && age < r.takes/6:
		return "queued"
	case s.newStatus && status == processing && age > r.takes-r.takes/3:
		return "finalizing"
	}
	return status
}

// over tells whether a report has succeeded or failed.
func (r *report) over(now time.Time) bool {
	status := r.status(now)
	return status == succeeded || status == failed
}

// ended is when a report that ends has ended.
func (r *report) ended() time.Time { return r.created.Add(r.takes) }

// deleted tells whether a report is gone: unknown, but to its idempotency key.
func (s *Sandbox) deleted(r *report, now time.Time) bool { return s.among(r, s.gone) && r.over(now) }

func (s *Sandbox) getReport(c call) (any, *refusal) {
	r, ok := s.byID[c.id]
	if !ok || s.deleted(r, c.now) {
		return nil, noReport(c.id)
	}
	return s.view(r, c), nil
}

func (s *Sandbox) listReports(c call) (any, *refusal) {
	return s.page(c, list{
		name: "reports", filters: []string{"status", "fleet"}, count: len(s.reports),
		shows: func(i int) bool {
			r := s.reports[i]
			return c.wants("status", s.shownStatus(r, c.now)) && c.wants("fleet", r.fleet) && !s.deleted(r, c.now)
		},
		view: func(i int) any { return s.view(s.reports[i], c) },
	})
}

// expandable are the members of a report that expand= replaces by their objects (charge-api.md, Reports).
func expandable() []string { return []string{"account", "fleet"} }

// view is the report as the API shows it to a call; the sandbox is locked.
func (s *Sandbox) view(r *report, c call) reportObject {
	object := reportObject{
		ID: r.id, Object: "report", Account: s.account, Created: formatInstant(r.created), Fleet: orNull(r.fleet),
		Parameters: r.parameters, Status: s.shownStatus(r, c.now), Type: "csv",
	}
	if s.expanded || slices.Contains(c.query["expand"], "account") {
		object.Account = members{"id": s.account, "object": "account", "name": "Sandbox"}
	}
	if r.fleet != "" && (s.expanded || slices.Contains(c.query["expand"], "fleet")) {
		object.Fleet = s.fleet(r.fleet).fleetObject
	}
	if object.Status == succeeded {
		if r.size < 0 { // so that a listing does not render a hundred files each time
			r.size = s.bytes(r)
		}
		object.Size = r.size
		object.SucceededAt = orNull(formatInstant(r.ended()))
		object.URL = orNull(s.link(s.filesURL + filePath(r.id)))
	}
	return object
}
