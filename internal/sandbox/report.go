package sandbox

import (
	"math"
	"net/url"
	"slices"
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
	key     string // empty when the request had none
	request string // the id of the request that made it
	created time.Time
	takes   time.Duration
	ends    string // the status it ends with, pending when it never ends
	size    int64  // of the file, -1 until somebody asked
}

// add creates a report; the sandbox is locked.
func (s *Sandbox) add(a asked, key, request string, now time.Time) *report {
	n := len(s.reports) + 1
	r := &report{
		asked: a, n: n, id: newID(s.seed, "rpt_", n), key: key, request: request, size: -1,
		created: now.Truncate(time.Millisecond),
	}
	if r.takes, r.ends = s.fate(n); r.takes == forever {
		r.ends = pending
	}
	s.reports = append(s.reports, r)
	s.byID[r.id] = r
	if len(s.endpoints) > 0 {
		s.watch(r)
	}
	return r
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

// ended is when a report that ends has ended.
func (r *report) ended() time.Time { return r.created.Add(r.takes) }

// open counts the reports that are being generated; the sandbox is locked.
func (s *Sandbox) open(now time.Time) (count int) {
	for _, r := range s.reports {
		if status := r.status(now); status == pending || status == processing {
			count++
		}
	}
	return count
}

// find returns a report that has not been deleted; the sandbox is locked.
func (s *Sandbox) find(id string, now time.Time) (*report, bool) {
	r, ok := s.byID[id]
	if !ok || s.gone(r, now) {
		return nil, false
	}
	return r, true
}

func (s *Sandbox) getReport(c call) (any, *refusal) {
	expand, refused := s.parseExpand(c.URL.Query(), expandable)
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	report, ok := s.find(c.id, now)
	if !ok {
		return nil, noReport(c.id)
	}
	return s.view(report, now, expand), nil
}

func (s *Sandbox) listReports(c call) (any, *refusal) {
	q, refused := s.parseQuery(c.Request, "reports", expandable, "status", "fleet")
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	return s.page(q, list{
		count: len(s.reports),
		shows: func(i int) bool {
			r := s.reports[i]
			return q.wants("status", r.status(now)) && q.wants("fleet", r.fleet) && !s.gone(r, now)
		},
		view: func(i int) any { return s.view(s.reports[i], now, q.Expand) },
	}), nil
}

// expandable are the members of a report that expand= replaces by their objects (charge-api.md, Reports).
const expandable = "account fleet"

// parseExpand reads expand=fleet&expand=account; possible holds what may be expanded, a word each.
func (s *Sandbox) parseExpand(query url.Values, possible string) ([]string, *refusal) {
	for _, name := range query["expand"] {
		if !slices.Contains(strings.Fields(possible), name) {
			e := badRequest("expand", "%q cannot be expanded here", name)
			e.code = "unsupported_expand_value"
			return nil, e
		}
	}
	return query["expand"], nil
}

// view is the report as the API shows it now; the sandbox is locked.
func (s *Sandbox) view(r *report, now time.Time, expand []string) reportObject {
	object := reportObject{
		ID: r.id, Object: "report", Account: s.account, Created: formatInstant(r.created), Fleet: orNull(r.fleet),
		Parameters: r.parameters, Status: r.status(now), Type: "csv",
	}
	for _, name := range slices.Concat(expand, s.expands) {
		switch {
		case name == "account":
			object.Account = members{"id": s.account, "object": "account", "name": "Sandbox"}
		case r.fleet != "":
			object.Fleet = s.fleet(r.fleet).view()
		}
	}
	if object.Status == succeeded {
		object.Size = s.sizeOf(r)
		object.SucceededAt = orNull(formatInstant(r.ended()))
		object.URL = orNull(s.link(strings.TrimSuffix(s.filesURL, "/") + filePath(r.id)))
	}
	return object
}
