package poll

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestListing says what waiting for many reports that are finished costs: pages of the listing, single requests, and time.
// A request takes 100 ms, for a page twice that.
func TestListing(t *testing.T) {
	refused := &charge.Error{Kind: charge.KindAuth, HTTPStatus: 403, Reason: "this key may not list reports"}
	for _, c := range []struct {
		name          string
		n             int // reports in the listing
		wanted        []int
		fault         func(string, time.Duration) error
		pages, single int // at most
		took          time.Duration
	}{
		{"as many as are asked for at a time get a request each", 8, upTo(0, 8), nil, 0, 8, 100 * time.Millisecond},
		{"300 by three pages", 300, upTo(0, 300), nil, 3, 37, 600 * time.Millisecond},
		{"300, oldest first", 300, reversed(upTo(0, 300)), nil, 3, 37, 600 * time.Millisecond},
		{"1,000 by ten pages", 1000, upTo(0, 1000), nil, 10, 40, 2100 * time.Millisecond},
		{"40 old ones behind 2,000 newer", 2040, upTo(2000, 2040), nil, 1, 40, 500 * time.Millisecond},
		{"a few on far pages", 5000, upTo(4990, 4995), nil, 0, 5, 100 * time.Millisecond},
		{"a few near, many far", 5000, append(upTo(0, 10), upTo(4900, 4950)...), nil, 2, 60, 1100 * time.Millisecond},
		{"a listing that is refused", 40, upTo(0, 40), onListing(fault(charge.KindUsage)), 1, 40, 500 * time.Millisecond},
		{"or is not for this key", 40, upTo(0, 40), onListing(refused), 1, 40, 500 * time.Millisecond},
		{"or leads to a stranger", 40, upTo(0, 40), onListing(fault(charge.KindRefused)), 1, 40, 500 * time.Millisecond},
		{"or goes in circles", 40, upTo(0, 40), onListing(fault(charge.KindInternal)), 1, 40, 500 * time.Millisecond},
		{"or fails for a while", 40, upTo(0, 40), onListing(fault(charge.KindTemporary)), 1, 40, 500 * time.Millisecond},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			reports, all := several(c.n, 0)
			api := newFakeAPI(reports...)
			api.single, api.listed, api.fault = 100*time.Millisecond, 200*time.Millisecond, c.fault
			var ids []string
			for _, i := range c.wanted {
				ids = append(ids, all[i])
			}
			ends, took := waited(t, api, limited(time.Hour), ids...)
			for _, end := range ends {
				if end.Err != nil {
					t.Errorf("%s: %v", end.ID, end.Err)
				}
			}
			pages := len(api.asks(""))
			if single := api.total() - pages; pages > c.pages || single > c.single || took > c.took {
				t.Errorf("%d pages and %d single requests in %s, want %d and %d in %s", pages, single, took, c.pages, c.single, c.took)
			}
		})
	}
}

// TestListingThatHangs is asked for once and never answers: reports end as if there were none, also without a deadline
// to end it, and whether they are finished or take a while.
func TestListingThatHangs(t *testing.T) {
	for name, o := range map[string]waiting{"within an hour": limited(time.Hour), "without a deadline": {timeout: Never}, "asked once": {}} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(40, 0)
			api := newFakeAPI(reports...)
			api.single, api.listed = 100*time.Millisecond, 1000*time.Hour
			if ends, took := waited(t, api, o, ids...); !allSucceeded(ends) || took > 500*time.Millisecond || len(api.asks("")) > 1 {
				t.Errorf("%v after %s and %d listings", saidAll(ends), took, len(api.asks("")))
			}
		})
	}
	inBubble(t, "from the second page on", func(t *testing.T) {
		reports, ids := several(400, 0)
		api := newFakeAPI(reports...)
		api.single, api.listed = 100*time.Millisecond, 100*time.Millisecond
		api.paged = func(number int) {
			if number == 2 {
				api.listed = 1000 * time.Hour
			}
		}
		if ends, took := waited(t, api, limited(time.Hour), ids...); !allSucceeded(ends) || took > 4*time.Second || len(api.asks("")) > 3 {
			t.Errorf("%s and %d pages", took, len(api.asks("")))
		}
	})
	inBubble(t, "of reports that take a minute", func(t *testing.T) {
		reports, ids := several(40, time.Minute)
		api := newFakeAPI(reports...)
		api.single, api.listed = 100*time.Millisecond, 1000*time.Hour
		if ends, took := waited(t, api, limited(time.Hour), ids...); !allSucceeded(ends) || took > 70*time.Second || len(api.asks("")) > 1 {
			t.Errorf("%v after %s and %d listings", saidAll(ends), took, len(api.asks("")))
		}
	})
}

func allSucceeded(ends []End) bool {
	return !slices.ContainsFunc(ends, func(end End) bool { return end.Err != nil })
}

// TestReportThatHangs is shown by the listing, which ends its single request.
func TestReportThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(300, 0)
		api := newFakeAPI(reports...)
		api.single, api.listed = 1000*time.Hour, 200*time.Millisecond
		if ends, took := waited(t, api, limited(time.Hour), ids...); !allSucceeded(ends) || took > 600*time.Millisecond {
			t.Errorf("it took %s", took)
		}
	})
}

// upTo are the numbers of reports from one up to another, which is not among them.
func upTo(from, to int) (numbers []int) {
	for i := from; i < to; i++ {
		numbers = append(numbers, i)
	}
	return numbers
}

func reversed(numbers []int) []int {
	slices.Reverse(numbers)
	return numbers
}

// TestMissingInListing shows that a report that no page shows is asked for before it is called gone.
func TestMissingInListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(50, 0)
		reports[2].hidden = true
		ends, _ := waited(t, newFakeAPI(reports...), limited(time.Hour), append(ids, "rpt_gone")...)
		if !allSucceeded(ends[:50]) || said(ends[50]) != "unknown not_found" {
			t.Errorf("%v", saidAll(ends))
		}
	})
}

// TestListingReadsAsFarBackAsTheOldest has a listing of 50 pages with the wanted on the first two.
func TestListingReadsAsFarBackAsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, ids := longListing(120, 30*time.Second)
		api.single, api.listed = 10*time.Millisecond, 20*time.Millisecond
		waited(t, api, limited(time.Hour), ids...)
		var later, rounds int
		all := api.requests()
		for i, asked := range all {
			if asked.at < time.Second { // the first requests
				continue
			}
			if asked.id != "" {
				t.Errorf("%s was asked for after %s", asked.id, asked.at)
			}
			later++
			if asked.at-all[i-1].at > time.Second {
				rounds++
			}
		}
		if later > 2*rounds {
			t.Errorf("%d pages in %d rounds", later, rounds)
		}
	})
}

// TestListingStopsBehindTheWanted has created reports that no listing shows yet: older pages cannot show them.
func TestListingStopsBehindTheWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, _ := longListing(0, 0)
		created, _ := several(20, time.Hour)
		for _, r := range created {
			r.id, r.hidden = "rpt_new"+r.id[4:], true
		}
		api.reports = append(created, api.reports...)
		p, _ := pollerOf(api, limited(time.Hour))
		ctx, stop := context.WithCancel(t.Context())
		for _, r := range created {
			beside(func() End { return p.WaitCreated(ctx, r.at(time.Now())) })
		}
		time.Sleep(1500 * time.Millisecond) // for the first polls, a second later
		stop()
		if pages := len(api.asks("")); pages > 2 {
			t.Errorf("%d pages were read in two rounds", pages)
		}
	})
}

// longListing has 50 pages; the newest n are wanted, each a second older than the one before.
func longListing(n int, takes time.Duration) (*fakeAPI, []string) {
	reports, ids := several(5000, 0)
	for i, r := range reports {
		r.created = r.created.Add(-time.Duration(i) * time.Second)
		if i < n {
			r.takes = time.Duration(i)*time.Second + takes
		}
	}
	return newFakeAPI(reports...), ids[:n]
}

// TestFarReportsAreNotListedAgain has five reports at the end of 50 pages that take an hour more.
func TestFarReportsAreNotListedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, all := several(5000, 0)
		for _, r := range reports[4990:4995] {
			r.takes = time.Hour
		}
		api := newFakeAPI(reports...)
		waited(t, api, limited(2*time.Hour), all[4990:4995]...)
		if pages := len(api.asks("")); pages > 10 {
			t.Errorf("%d pages were read", pages)
		}
	})
}

// TestNearAndFarReports has one far report beside many near ones: neither pulls the other's way of asking.
func TestNearAndFarReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, all := several(5000, time.Hour)
		api := newFakeAPI(reports...)
		waited(t, api, limited(2*time.Hour), append(all[:50:50], all[4990])...)
		pages := api.asks("")
		if rounds := len(slices.Compact(slices.Clone(pages))); len(pages) > rounds+2 {
			t.Errorf("%d pages in %d rounds", len(pages), rounds)
		}
	})
}

// TestGroupSharesOnePace has the listing read at a seventh of the median age, whatever the youngest is.
func TestGroupSharesOnePace(t *testing.T) {
	for name, c := range map[string]struct {
		n, young int
		want     time.Duration
	}{
		"all of one age": {50, 0, 10 * time.Second},
		"some are young": {50, 20, 10 * time.Second},
		"most are young": {50, 30, time.Second},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(c.n, 100*time.Hour)
			for _, r := range reports[c.young:] {
				r.created = r.created.Add(-70 * time.Second)
			}
			api := newFakeAPI(reports...)
			api.single, api.listed = 10*time.Millisecond, 20*time.Millisecond
			waited(t, api, limited(time.Minute), ids...)
			times := slices.DeleteFunc(api.asks(""), func(at time.Duration) bool { return at < 3*time.Second })
			if got := times[1] - times[0]; c.want > time.Second && (got < c.want || got > c.want+2*time.Second) || c.want == time.Second && got > 2*time.Second {
				t.Errorf("the listing was read again after %s, want %s", got, c.want)
			}
		})
	}
}

// TestFarPagesAreReadLessOften has three pages of reports that are half an hour old: the first one is read every minute,
// the others within 3 minutes.
func TestFarPagesAreReadLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(250, 100*time.Hour)
		for _, r := range reports {
			r.created = r.created.Add(-30 * time.Minute)
		}
		api := newFakeAPI(reports...)
		api.single, api.listed = 10*time.Millisecond, 20*time.Millisecond
		waited(t, api, limited(30*time.Minute), ids...)
		var longest time.Duration
		depths := map[int]int{} // how many listings had so many pages
		pages, last := 0, time.Duration(0)
		for _, asked := range api.requests() {
			switch {
			case asked.at < 2*time.Second: // the first requests
			case asked.id != "":
				t.Errorf("%s was asked for after %s", asked.id, asked.at)
			case asked.at-last < time.Second:
				pages++
			default:
				depths[pages]++
				longest = max(longest, asked.at-last)
				pages = 1
			}
			last = asked.at
		}
		depths[pages]++
		if longest > 61*time.Second || depths[3] < 9 || depths[3] > 15 || depths[1] < 15 {
			t.Errorf("every %s, listings by their number of pages: %v", longest, depths)
		}
	})
}

// TestGroupAtFixedInterval reads the listing as often as --interval says, whatever the reports' age.
func TestGroupAtFixedInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(50, 100*time.Hour)
		api := newFakeAPI(reports...)
		waited(t, api, waiting{timeout: Timeout(time.Minute - time.Second), interval: 20 * time.Second}, ids...)
		if diff := cmp.Diff(seconds(0, 20, 40), api.asks("")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestPagesMoveMeanwhile has new reports arrive while a listing is read: rows move on to later pages.
func TestPagesMoveMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(300, 20*time.Second)
		api := newFakeAPI(reports...)
		api.single, api.listed = 10*time.Millisecond, 20*time.Millisecond
		arrived := 0
		api.paged = func(int) {
			arrived++
			api.reports = slices.Insert(api.reports, 0, pending(fmt.Sprintf("rpt_new%d", arrived), 0))
		}
		ends, took := waited(t, api, limited(time.Hour), ids...)
		for _, end := range ends {
			if end.Err != nil {
				t.Errorf("%s: %v", end.ID, end.Err)
			}
		}
		if took > 25*time.Second || api.total() > 120 {
			t.Errorf("it took %s and %d requests", took, api.total())
		}
	})
}

// TestListingsThatFail are repeated; single requests take their place until they work again.
func TestListingsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(20, 30*time.Minute)
		api := newFakeAPI(reports...)
		api.fault = func(id string, since time.Duration) error {
			if id == "" && since < 10*time.Minute {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		ends, _ := waited(t, api, limited(time.Hour), ids...)
		if ends[0].Err != nil || len(api.asks(ids[0])) == 0 {
			t.Errorf("%v, after %d single requests", ends[0].Err, len(api.asks(ids[0])))
		}
		if last := slices.Max(api.asks(ids[0])); last > 11*time.Minute {
			t.Errorf("it was still asked for by itself after %s", last)
		}
	})
}

// TestOutageOfAMoment has everything fail for some seconds: the listing then shows 300 reports, no single requests do.
func TestOutageOfAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(300, 5*time.Minute)
		for _, r := range reports {
			r.created = r.created.Add(-time.Minute)
		}
		api := newFakeAPI(reports...)
		api.single, api.listed = 50*time.Millisecond, 100*time.Millisecond
		api.fault = func(_ string, since time.Duration) error {
			if since > 2*time.Second && since < 12500*time.Millisecond {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		p, heard := pollerOf(api, limited(time.Minute))
		p.options.Jitter = seeded(1)
		waitAll(t.Context(), p, limited(time.Minute), ids...)
		singles := 0
		for _, asked := range api.requests() {
			if asked.id != "" && asked.at > 2*time.Second {
				singles++
			}
		}
		if singles > 3*maxRequests || len(heard.retries) > 2*maxRequests {
			t.Errorf("%d single requests, told of %d that failed", singles, len(heard.retries))
		}
	})
}

// TestOutage counts what is asked of a server that is down for ten minutes: hardly more than for one report.
func TestOutage(t *testing.T) {
	down := until(10*time.Minute, fault(charge.KindTemporary))
	for name, c := range map[string]struct {
		n     int
		fault func(string, time.Duration) error
	}{
		"300 in a listing": {300, down},
		"40 one by one":    {40, eitherOr(down, onListing(fault(charge.KindUsage)))},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(c.n, 0)
			api := newFakeAPI(reports...)
			api.fault = c.fault
			p, _ := pollerOf(api, limited(time.Hour))
			p.options.Jitter = seeded(1)
			ends := waitAll(t.Context(), p, limited(time.Hour), ids...)
			took := time.Since(api.start)
			during := slices.DeleteFunc(api.requests(), func(a ask) bool { return a.at >= 10*time.Minute })
			if len(during) > 6*70 {
				t.Errorf("%d requests", len(during))
			}
			if ends[0].Err != nil || took > 10*time.Minute+15*time.Second {
				t.Errorf("it ended after %s with %v", took, ends[0].Err)
			}
		})
	}
}

// TestFailingReportsDoNotStarveOthers has reports that never answer in front of one that does.
func TestFailingReportsDoNotStarveOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(12, time.Minute)
		api := newFakeAPI(reports...)
		api.fault = func(id string, _ time.Duration) error {
			if id != ids[11] {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		ends, _ := waited(t, api, limited(5*time.Minute), ids...)
		if ends[11].Err != nil {
			t.Errorf("%v", ends[11].Err)
		}
		if asks := api.asks(ids[11]); asks[len(asks)-1] > 90*time.Second {
			t.Errorf("its end was seen after %s", asks[len(asks)-1])
		}
	})
}

// TestOnceForMany is --timeout 0: each report is asked for once, or is on a page.
func TestOnceForMany(t *testing.T) {
	for name, c := range map[string]struct {
		n           int
		fault       func(string, time.Duration) error
		first, last string
		requests    int // at most
	}{
		"works":                 {6, nil, "pending deadline", "unknown not_found", 7},
		"works for very many":   {1000, nil, "pending deadline", "unknown not_found", 50},
		"fails":                 {6, until(time.Hour, fault(charge.KindTemporary)), "unknown temporary", "unknown temporary", 7},
		"the listing fails":     {20, onListing(fault(charge.KindTemporary)), "pending deadline", "unknown not_found", 22},
		"a bad key":             {40, until(time.Hour, fault(charge.KindAuth)), "unknown auth", "unknown auth", maxRequests + 1},
		"a limit holds none up": {20, until(time.Hour, &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, RetryAfter: time.Minute}), "unknown temporary", "unknown temporary", 22},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(c.n, time.Hour)
			api := newFakeAPI(reports...)
			api.single, api.listed, api.fault = 10*time.Millisecond, 20*time.Millisecond, c.fault
			ends, took := waited(t, api, limited(0), append(ids, "rpt_gone")...)
			if first, last := said(ends[0]), said(ends[c.n]); first != c.first || last != c.last || took > time.Second {
				t.Errorf("%s and %s in %s", first, last, took)
			}
			if api.total() > c.requests {
				t.Errorf("%d requests", api.total())
			}
		})
	}
}
