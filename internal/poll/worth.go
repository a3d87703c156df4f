package poll

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	large = 100 // reports of a run, from which on their number of requests counts and not their delay alone

	perReport = 0.3              // requests that each of them may cost
	perGroup  = 250              // requests that all of them may cost, however few they are
	mostEnded = 0.8              // of the open reports: when so many should have ended, waiting longer saves little
	ourOwn    = 0.2              // of the reports on a page: where as many are ours, few others use the account
	longest   = 2 * time.Hour    // the longest that reports are taken to last, as long as none has ended
	firstLong = 20 * time.Second // the age before which no report is overdue

	maxLifetimes = 4096
	minAtRisk    = 5 // reports that must have been as old before they say how long others last
)

// worthAll reports whether seeing all open reports is worth its requests now; otherwise the first page of the listing is
// enough. A machine that is one of many in an account finds few of its own reports on a page, and must read the pages that
// the others' reports fill too. It does when as many of its own should have ended as pay for them, or most of those left.
func (p *Poller) worthAll(now time.Time) bool {
	l := &p.listing
	if p.options.Interval > 0 || p.options.Once || p.group() < large || l.failures > 0 || l.rows > 0 && float64(l.shown) >= ourOwn*float64(l.rows) {
		return true
	}
	ended := p.lifetimes.expect(p.open, now)
	budget := max(perReport, perGroup/float64(p.group())) * (float64(p.ended) + ended)
	return float64(p.sent)+p.cost() <= budget || ended >= mostEnded*float64(len(p.open))
}

// group is how many reports are waited for in all, as far as that is known.
func (p *Poller) group() int { return max(p.options.Reports, len(p.open)+p.ended) }

// cost is how many requests show the open reports: as many pages as the last time, and no fewer than so many reports were
// spread over so far, or one request each.
func (p *Poller) cost() float64 {
	l, open := &p.listing, float64(len(p.open))
	if l.shown == 0 {
		return open
	}
	return min(open, max(float64(l.span), open*float64(l.rows)/float64(l.shown)/100))
}

// overdue reports whether a report is polled even where seeing all is not worth it: what others lasted says nothing of
// one so old, and its age has doubled since it was seen.
func (p *Poller) overdue(r *report) bool {
	seen := r.age(r.seen)
	return r.polled && seen > p.lifetimes.known && r.age(p.round.began) > max(2*seen, firstLong)
}

// lifetime is how long a report took, or how old it was when a page last showed it open.
type lifetime struct {
	age   time.Duration
	ended bool
}

// lifetimes are those of the reports on the pages of the listing, whoever created them.
type lifetimes struct {
	byID  map[string]lifetime
	known time.Duration // the age up to which survival last said something
}

// has reports whether a page has shown a report.
func (l *lifetimes) has(id string) bool { _, ok := l.byID[id]; return ok }

// add takes in what a page shows of a report, if that is enough to know its age.
func (l *lifetimes) add(r charge.Report) {
	shown := lifetime{r.Age(), false}
	if r.Status.Terminal() {
		shown = lifetime{r.Finished.Sub(r.Created), true}
	}
	if r.Created.IsZero() || shown.age <= 0 || shown.ended && r.Finished.IsZero() {
		return
	}
	if l.byID == nil || len(l.byID) >= maxLifetimes {
		l.byID = make(map[string]lifetime)
	}
	l.byID[r.ID] = shown
}

// expect is how many of the open reports should have ended at a time, given how old they were when they were last seen.
// Up to the ages that are known the lifetimes tell. Beyond, a report ends before its age has doubled in one of two cases;
// as long as none has ended, how long they last is taken to be spread evenly over the logarithm, up to the longest.
func (l *lifetimes) expect(open []*report, now time.Time) (ended float64) {
	left := l.survival()
	for _, r := range open {
		if !r.polled && r.Report.Created.IsZero() { // it may have ended long ago
			ended++
			continue
		}
		before, age := time.Duration(0), r.age(now)
		if r.polled {
			before = r.age(r.seen)
		}
		from, to := max(before, l.known, minPace), max(age, l.known, minPace)
		beyond := from.Seconds() / to.Seconds()
		if left(l.known) == 1 && before <= l.known {
			beyond = 1 - math.Log(to.Seconds()/from.Seconds())/math.Log(max(2*to, longest).Seconds()/from.Seconds())
		}
		ended += 1 - beyond*left(age)/left(before)
	}
	return ended
}

// survival returns the part of all reports that is still open at an age, as Kaplan and Meier (1958) estimate it from those
// that have ended and those that have not yet. It sets the age up to which that is known.
func (l *lifetimes) survival() (left func(age time.Duration) float64) {
	all := slices.SortedFunc(maps.Values(l.byID), func(a, b lifetime) int { return cmp.Compare(a.age, b.age) })
	atRisk := len(all)
	all = all[:max(0, len(all)-minAtRisk)]
	parts := make([]float64, 1, len(all)+1)
	parts[0] = 1
	for i, one := range all {
		part := parts[i]
		if one.ended {
			part *= float64(atRisk-1) / float64(atRisk)
		}
		parts = append(parts, part)
		atRisk--
	}
	if l.known = 0; len(all) > 0 {
		l.known = all[len(all)-1].age
	}
	return func(age time.Duration) float64 {
		i, _ := slices.BinarySearchFunc(all, age, func(one lifetime, age time.Duration) int { return cmp.Compare(one.age, age) })
		return parts[i]
	}
}
