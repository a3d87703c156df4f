package reports

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/period"
)

// rows is what is in every file of fakeAPI.
const rows = "vehicle,energy_wh\nveh_1,4200\n"

// fakeAPI is a Charge API that keeps keys as the contract says, and takes no time for an answer.
type fakeAPI struct {
	start  time.Time
	takes  time.Duration                              // to generate a report
	fails  func(n int) bool                           // which reports fail; n counts from 1
	refuse func(n int, open int) error                // what the n-th create is refused with
	unseen func(id string, since time.Duration) error // what a poll is refused with
	broken error                                      // what the file host answers
	format string                                     // of its files; csv where none is given
	gone   []string                                   // reports whose files the file host has no more
	wrong  func(n int) bool                           // which reports are for another month
	keep   bool                                       // keys live for ever

	mu      sync.Mutex
	creates []time.Duration // when, since the start
	bodies  []string        // of the reports that exist, in the order of creation
	keys    map[string]int  // the report of each, from 1
	reports []charge.Report
	most    int // reports open at a time
}

func newFakeAPI(takes time.Duration) *fakeAPI {
	return &fakeAPI{start: time.Now(), takes: takes, keys: map[string]int{}}
}

func (l *fakeAPI) CreateReport(ctx context.Context, body []byte, key string) (charge.Report, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.creates = append(l.creates, now.Sub(l.start))
	if l.refuse != nil {
		if err := l.refuse(len(l.creates), l.open(now)); err != nil {
			return charge.Report{}, err
		}
	}
	if n, known := l.keys[key]; known && (l.keep || now.Sub(l.reports[n-1].Created) < 24*time.Hour) {
		r := l.reports[n-1]
		r.Seen = now // what was answered first, with another date
		return r, ctx.Err()
	}
	r := charge.Report{ID: fmt.Sprintf("rpt_%d", len(l.reports)+1), Status: charge.Pending, Created: now, Seen: now, Format: cmp.Or(l.format, "csv")}
	r.Fleet, r.Parameters = askedFor(body)
	if l.wrong != nil && l.wrong(len(l.reports)+1) {
		r.Parameters.Start = r.Parameters.Start.AddDate(0, -1, 0)
	}
	l.reports = append(l.reports, r)
	l.bodies = append(l.bodies, string(body))
	l.keys[key] = len(l.reports)
	l.most = max(l.most, l.open(now))
	return l.reports[len(l.reports)-1], ctx.Err()
}

// askedFor reads a create's body.
func askedFor(body []byte) (fleet string, p charge.Parameters) {
	var asked struct {
		Fleet      string
		Parameters struct {
			Type  string
			Start time.Time `json:"period_start"`
			End   time.Time `json:"period_end"`
		}
	}
	_ = json.Unmarshal(body, &asked)
	return asked.Fleet, charge.Parameters{Type: asked.Parameters.Type, Start: asked.Parameters.Start, End: asked.Parameters.End}
}

func (l *fakeAPI) open(now time.Time) (count int) {
	for _, r := range l.reports {
		if now.Sub(r.Created) < l.takes {
			count++
		}
	}
	return count
}

func (l *fakeAPI) Report(_ context.Context, id string) (charge.Report, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.unseen != nil {
		if err := l.unseen(id, now.Sub(l.start)); err != nil {
			return charge.Report{}, err
		}
	}
	for i, r := range l.reports {
		if r.ID == id {
			return l.at(i, now), nil
		}
	}
	return charge.Report{}, fault(charge.KindNotFound)
}

func (l *fakeAPI) at(i int, now time.Time) charge.Report {
	r := l.reports[i]
	r.Seen, r.Raw = now, json.RawMessage(`{"id":"`+r.ID+`","url":"https://files/`+r.ID+`","note":"a&b","n":9007199254740993}`)
	r.Finished = r.Created.Add(l.takes)
	switch {
	case now.Sub(r.Created) < l.takes:
		r.Status, r.Finished = charge.Processing, time.Time{}
	case l.fails != nil && l.fails(i+1):
		r.Status = charge.Failed
	default:
		r.Status, r.Size, r.URL = charge.Succeeded, int64(len(rows)), "https://files/"+r.ID
	}
	return r
}

func (l *fakeAPI) ReportPages(context.Context, charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.unseen != nil {
			yield(nil, fault(charge.KindUsage)) // single requests tell
			return
		}
		var page []charge.Report
		for i := len(l.reports) - 1; i >= 0; i-- {
			page = append(page, l.at(i, time.Now()))
		}
		yield(page, nil)
	}
}

func (l *fakeAPI) OpenFile(_ context.Context, url string, r charge.FileRange) (*charge.File, error) {
	if slices.Contains(l.gone, strings.TrimPrefix(url, "https://files/")) {
		return nil, status(charge.KindTemporary, 404)
	}
	if l.broken != nil {
		return nil, l.broken
	}
	return honest([]byte(rows), r), nil
}

// months says which months were asked for, in the order of creation.
func (l *fakeAPI) months() (out []string) {
	for _, body := range l.bodies {
		_, after, _ := strings.Cut(body, `"period_start":"`)
		out = append(out, after[:7])
	}
	return out
}

// notices keeps what a person is told.
type notices struct {
	silent
	mu   sync.Mutex
	said []string
}

func (n *notices) Notice(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.said = append(n.said, text)
}

// clock is a now that does not depend on the zone.
func clock(text string) func(*time.Location) (time.Time, error) {
	return func(*time.Location) (time.Time, error) { return time.Parse(time.RFC3339, text) }
}

// months are the periods from the first to the last month, read in each zone.
func months(first, last string) func(*time.Location) ([]period.Period, error) {
	return func(zone *time.Location) ([]period.Period, error) {
		p, err := period.Parse(first+".."+last, time.Time{}, zone)
		return p.Split(period.Month), err
	}
}

// syncTest is a folder, an API and what to put from one into the other.
type syncTest struct {
	*fakeBackend
	*fakeAPI
	notices *notices
	plan    folder.PlanOptions
	options SyncOptions
	fresh   int
}

func newSyncTest(t *testing.T, takes time.Duration, last string) *syncTest {
	t.Helper()
	s := &syncTest{fakeBackend: newFakeBackend(t), fakeAPI: newFakeAPI(takes), notices: &notices{}}
	s.Service = &Service{Create: s.fakeAPI, Throttled: s.fakeAPI, Reports: s.fakeAPI, Poll: s.fakeAPI, Files: s.fakeAPI, Observer: s.notices, Jitter: func() float64 { return 1 }}
	s.plan = folder.PlanOptions{
		Request: charge.Request{Type: "summary"}, Scopes: []folder.Scope{{Zone: time.UTC}},
		Periods: months("1990-01", last), Name: template(t, "{type}_{fleet}_{period}.{ext}"), Now: clock("2000-01-01T00:00:00Z"),
	}
	s.options = SyncOptions{
		WaitOptions: limited(6 * time.Hour), Dir: s.dir, Jobs: 2, OnOverlap: OverlapWait, Mode: charge.Test, Origin: "https://api", Version: "1.2.3",
		Name: s.plan.Name, FreshKey: func() string { s.fresh++; return fmt.Sprint("fresh-", s.fresh) },
	}
	return s
}

// outcomes syncs, and holds it to telling of each item once, as it ends.
func (s *syncTest) outcomes(ctx context.Context) ([]Outcome, error) {
	var told atomic.Int64
	all, err := s.Sync(ctx, s.options, func() ([]folder.Item, error) {
		var check func(string, int64, folder.Item) string
		if s.options.Receipts {
			check = func(name string, size int64, item folder.Item) string {
				return folder.CheckReceipt(s.dir, name, size, item)
			}
		}
		return folder.Plan(s.plan, folder.NewListing(s.dir, s.plan.Name, check).Find)
	}, func(Outcome) { told.Add(1) })
	if n := int(told.Load()); n != len(all) {
		s.t.Errorf("told of %d items, of %d", n, len(all))
	}
	return all, err
}

// run syncs and says how each item ended: ok, skip, the kind of its error, or that it was not started.
func (s *syncTest) run() (words []string) {
	s.t.Helper()
	all, err := s.outcomes(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range all {
		words = append(words, wordOf(o))
		if _, err := os.Stat(o.Path); (err == nil) != o.OnDisk {
			s.t.Errorf("%s: on disk is %t, but %v", o.Path, o.OnDisk, err)
		}
	}
	return words
}

func wordOf(o Outcome) string {
	switch {
	case o.NotStarted():
		return "left"
	case o.Err != nil:
		return string(charge.KindOf(o.Err))
	case o.Action == folder.ActionSkip:
		return "skip"
	}
	return "ok"
}
