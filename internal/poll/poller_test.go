package poll

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// beside waits in a goroutine of its own.
func beside(wait func() End) <-chan End {
	ended := make(chan End, 1)
	go func() { ended <- wait() }()
	return ended
}

// TestPaceFollowsAge shows when a report is polled, by what it was first.
func TestPaceFollowsAge(t *testing.T) {
	for _, c := range []struct {
		name string
		age  time.Duration
		want []time.Duration
	}{
		{"a new one", 0, seconds(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12.1)},
		{"a resumed wait does not start from zero", 5 * time.Minute, seconds(0, 30, 63)},
		{"nor from beyond a minute", 10 * time.Hour, seconds(0, 60, 120)},
		{"the server's clock may be ahead of what it says", -time.Hour, seconds(0, 1, 2, 3)},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			g := pending("rpt_a", 100*time.Hour)
			g.created = g.created.Add(-c.age)
			api := newFakeAPI(g)
			waited(t, api, limited(c.want[len(c.want)-1]+time.Millisecond), "rpt_a")
			if diff := cmp.Diff(c.want, api.asks("rpt_a")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func seconds(times ...float64) (out []time.Duration) {
	for _, s := range times {
		out = append(out, time.Duration(s*float64(time.Second)))
	}
	return out
}

// TestPaceIsOfServersClock has a server whose clock is three hours behind ours.
func TestPaceIsOfServersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind := time.Now().Add(-3 * time.Hour)
		now := time.Now()
		item := &report{since: now, seen: now, End: End{Report: charge.Report{Created: behind.Add(-time.Minute), Seen: behind}}}
		if age := item.age(now.Add(time.Second)); age != 61*time.Second {
			t.Errorf("the age is %s", age)
		}
	})
}

// TestPaceWithClocksAstray has a Date that does not fit the report's created, as one set by a proxy may not.
func TestPaceWithClocksAstray(t *testing.T) {
	now := time.Now()
	for name, c := range map[string]struct {
		created, date time.Duration // from our clock
		own           bool
		want          time.Duration
	}{
		"a Date hours ahead":                     {created: -time.Minute, date: 2 * time.Hour, want: time.Minute},
		"a Date hours behind":                    {created: -time.Minute, date: -2 * time.Hour},
		"our clock a little behind":              {created: time.Second, date: 2 * time.Hour},
		"our clock hours behind":                 {created: 2 * time.Hour, date: 3 * time.Hour, want: time.Hour},
		"our own report, said to be hours old":   {created: -2 * time.Hour, date: 0, own: true},
		"somebody's report, said to be as old":   {created: -2 * time.Hour, date: 0, want: 2 * time.Hour},
		"our own report, a Date hours ahead too": {created: -2 * time.Hour, date: 3 * time.Hour, own: true},
	} {
		item := &report{since: now, seen: now, End: End{Report: charge.Report{Created: now.Add(c.created), Seen: now.Add(c.date)}}}
		item.created = c.own
		if age := item.age(now.Add(time.Second)); age != c.want+time.Second {
			t.Errorf("%s: the age is %s, want %s and a second", name, age, c.want)
		}
	}
}

// TestPaceWithoutDates shows that a server that says no times is asked as seldom as any other.
func TestPaceWithoutDates(t *testing.T) {
	asks := map[bool][]time.Duration{}
	for _, vague := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			g := pending("rpt_a", 100*time.Hour)
			g.vague = vague
			api := newFakeAPI(g)
			waited(t, api, limited(time.Hour), "rpt_a")
			asks[vague] = api.asks("rpt_a")
		})
	}
	if diff := cmp.Diff(asks[false], asks[true]); diff != "" {
		t.Errorf("with dates -, without +:\n%s", diff)
	}
}

// TestFailedPollsAreRepeated shows when: after the pace, but after 1 to 10 s.
func TestFailedPollsAreRepeated(t *testing.T) {
	for _, c := range []struct {
		name  string
		age   time.Duration
		works bool // the first poll
		least int  // requests within ten minutes
		most  int
		first time.Duration // between the first failed poll and the next
	}{
		{"of a new one", 0, true, 60, 90, time.Second},
		{"of an old one", time.Hour, true, 55, 61, 10 * time.Second},
		{"of one that was never seen", time.Hour, false, 60, 90, time.Second},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			g := pending("rpt_a", 100*time.Hour)
			g.created = g.created.Add(-c.age)
			api := newFakeAPI(g)
			api.fault = func(_ string, since time.Duration) error {
				if since == 0 && c.works {
					return nil
				}
				return fault(charge.KindTemporary)
			}
			ends, _ := waited(t, api, limited(10*time.Minute), "rpt_a")
			asks := api.asks("rpt_a")
			from := 0
			if c.works {
				from = 1
			}
			if got := asks[from+1] - asks[from]; got != c.first || len(asks) < c.least || len(asks) > c.most {
				t.Errorf("again after %s, %d requests in all", got, len(asks))
			}
			if charge.KindOf(ends[0].Err) != charge.KindDeadline {
				t.Errorf("it ended with %v", ends[0].Err)
			}
		})
	}
}

// TestFailedPollWithLongInterval is repeated within 10 s all the same.
func TestFailedPollWithLongInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", 0))
		api.fault = until(time.Second, fault(charge.KindTemporary))
		_, took := waited(t, api, waiting{timeout: Timeout(time.Hour), interval: 5 * time.Minute}, "rpt_a")
		if took != 10*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}

// TestOneFailingReportHoldsNoneBack compares when a report is polled beside one that works and one that never does.
func TestOneFailingReportHoldsNoneBack(t *testing.T) {
	asks := map[bool][]time.Duration{}
	for _, broken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			old := pending("rpt_old", 100*time.Hour)
			old.created = old.created.Add(-time.Hour)
			api := newFakeAPI(old, pending("rpt_a", 100*time.Hour))
			if broken {
				api.fault = onReport("rpt_old", charge.KindTemporary)
			}
			waited(t, api, limited(2*time.Minute), "rpt_old", "rpt_a")
			asks[broken] = api.asks("rpt_a")
		})
	}
	if diff := cmp.Diff(asks[false], asks[true]); diff != "" {
		t.Errorf("beside one that works -, that does not +:\n%s", diff)
	}
}

// TestHangingRequestHoldsNoneBack has requests for one report hang for half a minute each.
func TestHangingRequestHoldsNoneBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", time.Hour), pending("rpt_b", 5*time.Second), pending("rpt_c", 0))
		api.fault = func(id string, _ time.Duration) error {
			if id == "rpt_a" {
				time.Sleep(30 * time.Second)
				return fault(charge.KindTemporary)
			}
			return nil
		}
		ctx, stop := context.WithCancel(t.Context())
		p, _ := pollerOf(api, limited(time.Hour))
		beside(func() End { return p.Wait(ctx, "rpt_a") })
		for id, want := range map[string]time.Duration{"rpt_b": 5 * time.Second, "rpt_c": 0} {
			began := time.Now()
			if end := p.Wait(ctx, id); end.Err != nil || time.Since(began) > want {
				t.Errorf("%s: %s after %s", id, said(end), time.Since(began))
			}
		}
		time.Sleep(10 * time.Minute)
		stop()
		time.Sleep(30 * time.Second) // for the last request
		if asks := len(api.asks("rpt_a")); asks < 10 || asks > 25 {
			t.Errorf("%d polls of the one that hangs", asks)
		}
	})
}

// TestEndDoesNotWaitForHangingRequest has a bad key end all while a request for another report hangs.
func TestEndDoesNotWaitForHangingRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", 0), pending("rpt_b", 0))
		p, _ := pollerOf(hangingOn{api, "rpt_a"}, limited(time.Hour))
		api.fault = onReport("rpt_b", charge.KindAuth)
		waitAll(t.Context(), p, limited(time.Hour), "rpt_a", "rpt_b")
		if took := time.Since(api.start); took > time.Second {
			t.Errorf("it ended after %s", took)
		}
	})
}

// hangingOn is the API with one report that is never answered for.
type hangingOn struct {
	*fakeAPI
	id string
}

func (h hangingOn) Report(ctx context.Context, id string) (charge.Report, error) {
	if id == h.id {
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Second):
		}
		return charge.Report{}, fault(charge.KindTemporary)
	}
	return h.fakeAPI.Report(ctx, id)
}

// TestRetryAfterHoldsBackAll has the first of three requests answered with a limit; no other follows before its end.
func TestRetryAfterHoldsBackAll(t *testing.T) {
	limit := &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, RetryAfter: 5 * time.Minute, Reason: "too many requests"}
	for name, c := range map[string]struct {
		n     int
		fault func(string, time.Duration) error
	}{
		"one by one":       {3, until(time.Second, limit)},
		"many, one by one": {40, eitherOr(onListing(fault(charge.KindUsage)), until(time.Second, limit))},
		"in the listing":   {300, until(time.Second, limit)},
		"on a third page":  {300, thirdPage(limit)},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(c.n, 0)
			api := newFakeAPI(reports...)
			api.single, api.listed, api.fault = 10*time.Millisecond, 20*time.Millisecond, c.fault
			ends, took := waited(t, api, limited(time.Hour), ids...)
			for _, asked := range api.requests() {
				if asked.at > 100*time.Millisecond && asked.at < 5*time.Minute {
					t.Errorf("%q was asked for after %s", asked.id, asked.at)
				}
			}
			if early := len(api.requests()) - len(ends); early > maxRequests+2 {
				t.Errorf("%d requests more than reports", early)
			}
			if took < 5*time.Minute || took > 5*time.Minute+time.Second || !allSucceeded(ends) {
				t.Errorf("it took %s and ended with %v", took, ends[0].Err)
			}
		})
	}
}

func eitherOr(first, second func(string, time.Duration) error) func(string, time.Duration) error {
	return func(id string, since time.Duration) error { return errors.Join(first(id, since), second(id, since)) }
}

// thirdPage fails the third page that is asked for.
func thirdPage(err error) func(string, time.Duration) error {
	pages := 0
	return func(id string, _ time.Duration) error {
		if id != "" {
			return nil
		}
		if pages++; pages == 3 {
			return err
		}
		return nil
	}
}

// TestCreatedReport is about the answer to a create: it is a first poll, but for one that may be old.
func TestCreatedReport(t *testing.T) {
	for _, c := range []struct {
		name   string
		report generated
		status charge.Status // in the answer to create
		old    time.Duration // before
		replay bool
		want   string
		first  time.Duration // poll
		ended  time.Duration
		early  bool // AtFirst
	}{
		{"a new one is polled twice within little more than a second", generated{takes: 1100 * time.Millisecond, final: charge.Succeeded}, charge.Pending, 0, false, "succeeded", 400 * time.Millisecond, 1200 * time.Millisecond, false},
		{"a replay at once", generated{final: charge.Failed}, charge.Pending, 0, true, "failed failed", 0, 0, true},
		{"one that is ready at once", generated{final: charge.Succeeded}, charge.Succeeded, 0, false, "succeeded", 0, 0, false},
		{"one not visible yet is no end", generated{unseen: 9 * time.Second, final: charge.Succeeded}, charge.Pending, 0, false, "succeeded", 400 * time.Millisecond, 9400 * time.Millisecond, false},
		{"but is one after 10 s", generated{unseen: time.Hour}, charge.Pending, 0, false, "pending not_found", 400 * time.Millisecond, 10400 * time.Millisecond, false},
		{"a replay may be as new", generated{unseen: 9 * time.Second, final: charge.Succeeded}, charge.Pending, 0, true, "succeeded", 0, 9 * time.Second, true},
		{"or so old that it is gone", generated{unseen: 1000 * time.Hour}, charge.Pending, time.Minute, true, "pending not_found", 0, 0, false},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			g := c.report
			g.id, g.created, g.early = "rpt_a", time.Now().Add(-c.old), charge.Pending
			api := newFakeAPI(&g)
			p, _ := pollerOf(api, limited(time.Hour))
			answer := charge.Report{ID: g.id, Status: c.status, Created: g.created, Seen: time.Now()}
			wait := p.WaitCreated
			if c.replay {
				wait = p.WaitReplayed
			}
			end := wait(t.Context(), answer)
			if said(end) != c.want || end.AtFirst != c.early {
				t.Errorf("%s, at the first poll: %v, want %s", said(end), end.AtFirst, c.want)
			}
			if first, took := api.asks("rpt_a")[0], time.Since(api.start); first != c.first || took != c.ended {
				t.Errorf("first poll after %s, end after %s, want %s and %s", first, took, c.first, c.ended)
			}
		})
	}
}

// TestCreatedReportAskedOnce is a create with --wait --timeout 0 whose report is not visible yet: it is there.
func TestCreatedReportAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := pollerOf(newFakeAPI(), limited(0))
		if end := p.WaitCreated(t.Context(), charge.Report{ID: "rpt_a", Status: charge.Pending}); said(end) != "pending deadline" {
			t.Errorf("%s: %v", said(end), end.Err)
		}
	})
}

func TestReportsAreAddedWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", 0), pending("rpt_b", 90*time.Minute), pending("rpt_c", 0))
		p, _ := pollerOf(api, limited(time.Hour))
		ctx, stop := context.WithCancel(t.Context())
		time.Sleep(time.Hour)
		if end := p.Wait(ctx, "rpt_a"); end.Err != nil || time.Since(api.start) != time.Hour {
			t.Errorf("%s after %s", said(end), time.Since(api.start))
		}
		slow := beside(func() End { return p.Wait(ctx, "rpt_b") })
		time.Sleep(30 * time.Second) // the loop sleeps between two polls of the slow one
		asked := time.Since(api.start)
		if end := p.Wait(ctx, "rpt_c"); end.Err != nil || time.Since(api.start) != asked {
			t.Errorf("%s after another %s", said(end), time.Since(api.start)-asked)
		}
		if end := <-slow; end.Err != nil {
			t.Errorf("the slow one: %v", end.Err)
		}
		stop()
		if end := p.Wait(ctx, "rpt_a"); said(end) != "unknown interrupted" {
			t.Errorf("added after the end: %s", said(end))
		}
	})
}

func TestReportsAreAddedFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reports, ids := several(250, 3*time.Second)
		p, _ := pollerOf(newFakeAPI(reports...), limited(time.Hour))
		var all sync.WaitGroup
		for i, id := range ids {
			all.Go(func() {
				time.Sleep(time.Duration(i) * 7 * time.Millisecond)
				var end End
				switch i % 4 {
				case 0:
					end = p.WaitReplayed(t.Context(), reports[i].at(time.Now()))
				case 2:
					end = p.WaitCreated(t.Context(), reports[i].at(time.Now()))
				default:
					end = p.Wait(t.Context(), id)
				}
				if end.Err != nil || end.ID != id {
					t.Errorf("%s: %v", id, end.Err)
				}
			})
		}
		all.Wait()
	})
}

// TestSameReportTwice shows that both waits end and that neither has the loop spin.
func TestSameReportTwice(t *testing.T) {
	for name, others := range map[string]int{"one by one": 0, "in a listing": 5} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(1+others, 5*time.Second)
			api := newFakeAPI(reports...)
			ends, _ := waited(t, api, limited(time.Hour), append(ids, ids[0])...)
			for _, end := range ends {
				if end.Err != nil {
					t.Error(end.Err)
				}
			}
			if api.total() > 12 {
				t.Errorf("%d requests", api.total())
			}
		})
	}
}

// TestBadKeyIsTheEndForAll also shows that a report added later costs no request, and that the reason stays.
func TestBadKeyIsTheEndForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", time.Hour), pending("rpt_b", time.Hour))
		api.fault = from(time.Minute, fault(charge.KindAuth))
		p, _ := pollerOf(api, limited(time.Hour))
		ctx, stop := context.WithCancel(t.Context())
		a, b := beside(func() End { return p.Wait(ctx, "rpt_a") }), beside(func() End { return p.Wait(ctx, "rpt_b") })
		if words := []string{said(<-a), said(<-b)}; !cmp.Equal(words, []string{"pending auth", "pending auth"}) {
			t.Errorf("they ended with %v", words)
		}
		synctest.Wait() // for the other request, which was under way
		asked := api.total()
		for _, when := range []func(){func() {}, stop} {
			when()
			if end := p.Wait(ctx, "rpt_a"); said(end) != "unknown auth" || api.total() != asked {
				t.Errorf("another one: %s, after %d more requests", said(end), api.total()-asked)
			}
		}
	})
}

// TestWaitsGivenUp leaves the loop over the ends of three reports after the first: nothing is polled any more.
func TestWaitsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", 0), pending("rpt_b", time.Hour), pending("rpt_c", time.Hour))
		p, _ := pollerOf(api, limited(time.Hour))
		for i, end := range p.WaitAll(t.Context(), []string{"rpt_b", "rpt_a", "rpt_c"}) {
			if i != 1 || end.ID != "rpt_a" {
				t.Errorf("the first end is number %d, %s", i, end.ID)
			}
			break
		}
		synctest.Wait() // for requests that were under way
		asked := api.total()
		time.Sleep(time.Hour)
		if api.total() != asked {
			t.Errorf("%d requests after that", api.total()-asked)
		}
	})
}
