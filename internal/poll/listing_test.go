package reports

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestSweep says what waiting for many costs: requests for single reports and pages of the listing.
func TestSweep(t *testing.T) {
	refused := &charge.Error{Kind: charge.KindAuth, HTTPStatus: 403, Reason: "this key may not list reports"}
	for _, c := range []struct {
		name          string
		n             int // reports, all finished
		wanted        []int
		fault         func(string, time.Duration) error
		pages, single int
	}{
		{"three are asked for singly", 3, upTo(3), nil, 0, 3},
		{"four at once", 4, upTo(4), nil, 1, 0},
		{"300 by three pages", 300, upTo(300), nil, 3, 0},
		{"it reads on while that is cheaper", 1000, []int{0, 1, 2, 3, 4, 5, 150, 160, 250}, nil, 2, 1},
		{"a few on far pages are asked for singly", 5000, []int{4990, 4991, 4992, 4993, 4994}, nil, 5, 5},
		{"one on a far page too", 5000, []int{0, 1, 2, 3, 4990}, nil, 1, 1},
		{"a refused listing leaves single looks", 10, upTo(10), onListing(fault(charge.KindUsage)), 1, 10},
		{"and so does one that is not for this key", 10, upTo(10), onListing(refused), 1, 10},
		{"or leads to a stranger", 10, upTo(10), onListing(fault(charge.KindRefused)), 1, 10},
		{"or goes in circles", 10, upTo(10), onListing(fault(charge.KindInternal)), 1, 10},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			reports, all := several(c.n, 0)
			api := newWaitAPI(reports...)
			api.fault = c.fault
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
			if single := api.total() - pages; pages != c.pages || single != c.single || took != 0 {
				t.Errorf("%d pages and %d single looks in %s, want %d and %d", pages, single, took, c.pages, c.single)
			}
		})
	}
}

func upTo(n int) (numbers []int) {
	for i := range n {
		numbers = append(numbers, i)
	}
	return numbers
}

// TestMissingInListing shows that a report that a sweep does not show is asked for before it is called gone.
func TestMissingInListing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(5, 0)
		reports[2].hidden = true
		ends, _ := waited(t, newWaitAPI(reports...), limited(time.Hour), append(ids, "rpt_gone")...)
		want := []string{"succeeded", "succeeded", "succeeded", "succeeded", "succeeded", "unknown not_found"}
		if diff := cmp.Diff(want, saidAll(ends)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestSweepReadsAsFarBackAsTheOldest has a listing of 50 pages with the wanted on the first two.
func TestSweepReadsAsFarBackAsTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, ids := longListing(120, 30*time.Second)
		waited(t, api, limited(time.Hour), ids...)
		if singles := api.total() - len(api.asks("")); singles > 0 {
			t.Errorf("%d single looks", singles)
		}
		for at, pages := range perMoment(api) {
			if pages > 2 {
				t.Errorf("%d pages were read after %s", pages, at)
			}
		}
	})
}

// TestSweepStopsBehindTheWanted has created reports that no listing shows yet: older pages cannot show them.
func TestSweepStopsBehindTheWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, _ := longListing(0, 0)
		created, _ := several(20, time.Hour)
		for _, r := range created {
			r.id, r.hidden = "rpt_new"+r.id[4:], true
		}
		api.reports = append(created, api.reports...)
		w, stop := watch(t, api)
		for _, r := range created {
			w.addCreated(r.at(time.Now()), false)
		}
		time.Sleep(1500 * time.Millisecond) // for the first looks, a second later
		stop()
		if pages := len(api.asks("")); pages != 1 {
			t.Errorf("%d pages were read", pages)
		}
	})
}

// longListing has 50 pages; the newest n are wanted, each a second older than the one before.
func longListing(n int, takes time.Duration) (*waitAPI, []string) {
	reports, ids := several(5000, 0)
	for i, r := range reports {
		r.created = r.created.Add(-time.Duration(i) * time.Second)
		if i < n {
			r.takes = time.Duration(i)*time.Second + takes
		}
	}
	return newWaitAPI(reports...), ids[:n]
}

// perMoment counts the requests that were made at the same time.
func perMoment(api *waitAPI) map[time.Duration]int {
	counts := map[time.Duration]int{}
	for _, asked := range api.asked {
		counts[asked.at]++
	}
	return counts
}

// TestFarReportsAreNotSweptForAgain has five reports at the end of 50 pages that take an hour more.
func TestFarReportsAreNotSweptForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, all := several(5000, 0)
		for _, r := range reports[4990:4995] {
			r.takes = time.Hour
		}
		api := newWaitAPI(reports...)
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
		api := newWaitAPI(reports...)
		waited(t, api, limited(2*time.Hour), append(all[:50:50], all[4990])...)
		pages := api.asks("")
		if rounds := len(slices.Compact(slices.Clone(pages))); len(pages) > rounds+2 {
			t.Errorf("%d pages in %d rounds", len(pages), rounds)
		}
	})
}

// TestSweepsOfSeveralPagesAreSlower holds their pace to a fifth of the age, and that of one page to a tenth.
func TestSweepsOfSeveralPagesAreSlower(t *testing.T) {
	for n, want := range map[int]time.Duration{50: 10 * time.Second, 250: 20 * time.Second} {
		inBubble(t, fmt.Sprint(n), func(t *testing.T) {
			reports, ids := several(n, 100*time.Hour)
			for _, r := range reports {
				r.created = r.created.Add(-100 * time.Second)
			}
			api := newWaitAPI(reports...)
			waited(t, api, limited(time.Minute), ids...)
			times := slices.Compact(api.asks(""))
			if got := times[1] - times[0]; got != want {
				t.Errorf("the second sweep of %d came after %s, want %s", n, got, want)
			}
		})
	}
}

// TestPagesMoveMeanwhile has new reports arrive while a sweep reads: rows move on to later pages.
func TestPagesMoveMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(300, 20*time.Second)
		api := newWaitAPI(reports...)
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

// TestSweepsThatFail are repeated; when they go on failing, single looks take their place until they work again.
func TestSweepsThatFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(20, 30*time.Minute)
		api := newWaitAPI(reports...)
		api.fault = func(id string, since time.Duration) error {
			if id == "" && since < 10*time.Minute {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		ends, _ := waited(t, api, limited(time.Hour), ids...)
		if ends[0].Err != nil || len(api.asks(ids[0])) == 0 {
			t.Errorf("%v, after %d single looks", ends[0].Err, len(api.asks(ids[0])))
		}
		if last := slices.Max(api.asks(ids[0])); last > 11*time.Minute {
			t.Errorf("it was still asked for singly after %s", last)
		}
	})
}

// TestFailedSweepIsRepeatedForAll has a sweep of 300 reports, each with a pace of its own, fail once.
func TestFailedSweepIsRepeatedForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(300, 5*time.Minute)
		for _, r := range reports {
			r.created = r.created.Add(-time.Minute)
		}
		api := newWaitAPI(reports...)
		api.fault = func(_ string, since time.Duration) error {
			if since > time.Second && since < 12500*time.Millisecond {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		s, heard := waitingFor(api)
		s.Jitter = seeded(1)
		s.Wait(t.Context(), ids, limited(time.Minute), func(End) {})
		if singles := api.total() - len(api.asks("")); singles > 0 || len(heard.retries) > 1 {
			t.Errorf("%d single looks, told of %d failed looks", singles, len(heard.retries))
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
		"300 in a sweep": {300, down},
		"40 singly":      {40, eitherOr(down, onListing(fault(charge.KindUsage)))},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(c.n, 0)
			api := newWaitAPI(reports...)
			api.fault = c.fault
			s, _ := waitingFor(api)
			s.Jitter = seeded(1)
			ends := s.Wait(t.Context(), ids, limited(time.Hour), func(End) {})
			took := time.Since(api.start)
			during := slices.DeleteFunc(slices.Clone(api.asked), func(a ask) bool { return a.at >= 10*time.Minute })
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
		api := newWaitAPI(reports...)
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

// TestOnceWithSweep is --timeout 0 for many: one sweep, and single looks for what it does not show.
func TestOnceWithSweep(t *testing.T) {
	for name, c := range map[string]struct {
		fault       func(string, time.Duration) error
		first, last string
		requests    int
	}{
		"works":   {nil, "pending deadline", "unknown not_found", 2},
		"fails":   {until(time.Hour, fault(charge.KindTemporary)), "unknown temporary", "unknown temporary", 1},
		"bad key": {until(time.Hour, fault(charge.KindAuth)), "unknown auth", "unknown auth", 0},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(6, time.Hour)
			api := newWaitAPI(reports...)
			api.fault = c.fault
			ends, took := waited(t, api, limited(0), append(ids, "rpt_gone")...)
			if first, last := said(ends[0]), said(ends[6]); first != c.first || last != c.last || took != 0 {
				t.Errorf("%s and %s in %s", first, last, took)
			}
			if c.requests > 0 && api.total() != c.requests || api.total() > 1+singleLooks {
				t.Errorf("%d requests", api.total())
			}
		})
	}
}

func TestCheapestSweep(t *testing.T) {
	for _, c := range []struct {
		pages []int
		want  int
	}{
		{nil, 0},
		{[]int{1}, 1},
		{[]int{2}, 0},
		{[]int{2, 2}, 2},
		{[]int{1, 1, 1, 9}, 1},
		{[]int{1, 2, 3, 4}, 4},
		{[]int{50, 50, 50, 50, 50}, 0},
		{[]int{1, 1, 3, 3, 3, 7}, 3},
	} {
		if got := cheapestSweep(c.pages); got != c.want {
			t.Errorf("%v: %d pages, want %d", c.pages, got, c.want)
		}
	}
}
