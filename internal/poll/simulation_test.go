package poll

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// figures say what waiting costs: delays are parts of the time that a report took to be made.
type figures struct {
	mean, worst float64 // worst of reports that took 30 s or longer
	polls       float64 // a report
}

func (f figures) String() string {
	return fmt.Sprintf("mean delay %.1f %%, worst %.1f %%, %.2f polls a report", 100*f.mean, 100*f.worst, f.polls)
}

func (f figures) report(b *testing.B) {
	b.ReportMetric(100*f.mean, "mean-delay-%")
	b.ReportMetric(100*f.worst, "worst-delay-%")
	b.ReportMetric(f.polls, "polls/report")
}

// seeded is the jitter that a service has by itself, the same in every run.
func seeded(seed uint64) func() float64 {
	chance := rand.New(rand.NewPCG(seed, 1))
	return func() float64 { return 0.8 + 0.2*chance.Float64() }
}

// strategies say how long to wait for the next poll, given the age of the report and the pause before.
func strategies(chance *rand.Rand) map[string]func(age, before time.Duration) time.Duration {
	return map[string]func(age, before time.Duration) time.Duration{
		"age":      func(age, _ time.Duration) time.Duration { return scale(createdPace(age), 0.8+0.2*chance.Float64()) },
		"fixed 5s": func(time.Duration, time.Duration) time.Duration { return 5 * time.Second },
		"doubling": func(_, before time.Duration) time.Duration { return min(max(2*before, time.Second), time.Minute) },
	}
}

// simulate waits for reports that take between 1 s and 2 h, evenly over the logarithm. The answer to asking for one is
// the first poll of it, and is not counted.
func simulate(name string) figures {
	const reports = 20_000
	chance := rand.New(rand.NewPCG(1, 2))
	next := strategies(chance)[name]
	var f figures
	for range reports {
		takes := time.Duration(math.Exp(chance.Float64()*math.Log(7200)) * float64(time.Second))
		var age, pause time.Duration
		polls := 0
		for ; age < takes; polls++ {
			pause = next(age, pause)
			age += pause
		}
		delay := float64(age-takes) / float64(takes)
		f.mean += delay / reports
		f.polls += float64(polls) / reports
		if takes >= 30*time.Second {
			f.worst = max(f.worst, delay)
		}
	}
	return f
}

func TestWaitingForOneReport(t *testing.T) {
	f := simulate("age")
	t.Log(f)
	if f.mean > 0.08 || f.worst > 0.10 || f.polls > 46 {
		t.Errorf("%s; at most 8 %%, 10 %% and 46 are wanted", f)
	}
}

// TestOtherPacesCostMore keeps the simulation honest: it must find what is known of the usual paces.
func TestOtherPacesCostMore(t *testing.T) {
	for name, want := range map[string]figures{
		"fixed 5s": {mean: 0.33, worst: 0.17, polls: 163},
		"doubling": {mean: 0.33, worst: 1.03, polls: 18},
	} {
		got := simulate(name)
		near := func(a, b float64) bool { return math.Abs(a-b) <= 0.05*b }
		if !near(got.mean, want.mean) || !near(got.worst, want.worst) || !near(got.polls, want.polls) {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func BenchmarkWaitingForOneReport(b *testing.B) {
	for _, name := range []string{"age", "fixed 5s", "doubling"} {
		b.Run(name, func(b *testing.B) {
			var f figures
			for b.Loop() {
				f = simulate(name)
			}
			f.report(b)
		})
	}
}

// waitForMany waits for reports that each take what takes says, by the real loop, and says what that cost.
func waitForMany(t testing.TB, n int, seed uint64, takes func(*rand.Rand) time.Duration) figures {
	chance := rand.New(rand.NewPCG(seed, 2))
	reports, ids := several(n, 0)
	times := map[string]time.Duration{}
	for _, r := range reports {
		r.takes = takes(chance)
		times[r.id] = r.takes
	}
	api := newFakeAPI(reports...)
	api.single, api.listed = 100*time.Millisecond, 200*time.Millisecond
	p, _ := pollerOf(api, waiting{timeout: Never})
	p.options.Jitter = seeded(seed)
	var f figures
	for _, end := range p.WaitAll(t.Context(), ids) {
		took := times[end.ID].Seconds()
		delay := (time.Since(api.start).Seconds() - took) / max(took, 1)
		f.mean += delay / float64(n)
		if took >= 30 {
			f.worst = max(f.worst, delay)
		}
		if end.Err != nil {
			t.Errorf("%s: %v", end.ID, end.Err)
		}
	}
	f.polls = float64(api.total()) / float64(n)
	return f
}

func withinAnHour(chance *rand.Rand) time.Duration {
	return time.Duration(chance.Float64() * float64(time.Hour))
}

func finished(*rand.Rand) time.Duration { return 0 }

func TestWaitingForAThousandReports(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			f := waitForMany(t, 1000, seed, withinAnHour)
			t.Log(f)
			if f.polls > 0.7 || f.mean > 0.06 {
				t.Errorf("%s; at most 6 %% and 0.7 are wanted", f)
			}
		})
	}
}

func TestWaitingForFinishedReports(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if requests := 300 * waitForMany(t, 300, 1, finished).polls; requests > 40 {
			t.Errorf("%.0f requests for 300 reports that are finished", requests)
		}
	})
}

func BenchmarkWaitingForManyReports(b *testing.B) {
	for _, c := range []struct {
		name  string
		n     int
		takes func(*rand.Rand) time.Duration
	}{{"300 finished", 300, finished}, {"1000 within an hour", 1000, withinAnHour}} {
		b.Run(c.name, func(b *testing.B) {
			var f figures
			for b.Loop() {
				f = bubbled(b, func(t testing.TB) figures { return waitForMany(t, c.n, 1, c.takes) })
			}
			f.report(b)
			b.ReportMetric(f.polls*float64(c.n), "requests")
		})
	}
}

// bubbled runs a simulation in the virtual time that only a test can have.
func bubbled(b *testing.B, run func(testing.TB) figures) (f figures) {
	b.Helper()
	always := func(string, string) (bool, error) { return true, nil }
	test := func(t *testing.T) { synctest.Test(t, func(t *testing.T) { f = run(t) }) }
	if !testing.RunTests(always, []testing.InternalTest{{Name: b.Name(), F: test}}) {
		b.Fatal("the simulation failed")
	}
	return f
}

// syncMany waits for reports as a sync does: so many are open at a time, and four are created at a time.
func syncMany(t testing.TB, n, places int, seed uint64, takes func(*rand.Rand) time.Duration) figures {
	return syncShard(t, n, 1, places, seed, takes)
}

// syncShard is syncMany on one of so many machines that do the same at the same time, each for reports of its own.
func syncShard(t testing.TB, n, machines, places int, seed uint64, takes func(*rand.Rand) time.Duration) figures {
	chance := rand.New(rand.NewPCG(seed, 2))
	api := newFakeAPI()
	api.single, api.listed = 100*time.Millisecond, 200*time.Millisecond
	if machines > 1 {
		api.single, api.listed = 50*time.Millisecond, 50*time.Millisecond
	}
	p, _ := pollerOf(api, waiting{timeout: Never})
	p.options.Jitter, p.options.Reports = seeded(seed), n
	open, creating := make(chan struct{}, places), make(chan struct{}, 4)
	var f figures
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range n {
		took, others := takes(chance), make([]time.Duration, machines-1)
		for j := range others {
			others[j] = takes(chance)
		}
		open <- struct{}{}
		creating <- struct{}{}
		all.Go(func() {
			time.Sleep(100 * time.Millisecond)
			r := pending(fmt.Sprintf("rpt_%d", i), took)
			api.mu.Lock()
			api.reports = slices.Insert(api.reports, 0, r)
			for j, took := range others {
				api.reports = slices.Insert(api.reports, 0, pending(fmt.Sprintf("rpt_%d_%d", i, j), took))
			}
			api.mu.Unlock()
			<-creating
			end := p.WaitCreated(t.Context(), r.at(time.Now()))
			<-open
			mu.Lock()
			defer mu.Unlock()
			delay := (time.Since(r.created) - took).Seconds() / took.Seconds()
			f.mean += delay / float64(n)
			f.worst = max(f.worst, delay)
			if end.Err != nil {
				t.Errorf("%s: %v", end.ID, end.Err)
			}
		})
	}
	all.Wait()
	f.polls = float64(api.total()) / float64(n)
	return f
}

// about takes a time within a half of it.
func about(seconds float64) func(*rand.Rand) time.Duration {
	return func(chance *rand.Rand) time.Duration {
		return time.Duration(seconds * (0.5 + chance.Float64()) * float64(time.Second))
	}
}

// around takes times whose logarithms are spread normally around a median's.
func around(seconds float64) func(*rand.Rand) time.Duration {
	return func(chance *rand.Rand) time.Duration {
		return time.Duration(seconds * math.Exp(0.5*chance.NormFloat64()) * float64(time.Second))
	}
}

// TestNextWaveEndsWithoutDelay has reports that were created together take as long as others before them: they are looked
// for when they should have ended, not by a seventh of their age.
func TestNextWaveEndsWithoutDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI()
		p, _ := pollerOf(api, waiting{timeout: Never})
		for wave := range 3 {
			began := time.Now()
			var all sync.WaitGroup
			for i := range 20 {
				r := pending(fmt.Sprintf("rpt_%d_%d", wave, i), 280*time.Second)
				api.mu.Lock()
				api.reports = slices.Insert(api.reports, 0, r)
				api.mu.Unlock()
				all.Go(func() { p.WaitCreated(t.Context(), r.at(time.Now())) })
				time.Sleep(100 * time.Millisecond)
			}
			all.Wait()
			if took := time.Since(began); (took > 285*time.Second) != (wave == 0) {
				t.Errorf("wave %d took %s", wave, took)
			}
		}
	})
}

// TestWaitingAsSyncDoes counts polls; a sync sends one request more to create each report and one for its file, so that
// 0.6 are 2.6 in all.
func TestWaitingAsSyncDoes(t *testing.T) {
	for name, takes := range map[string]func(*rand.Rand) time.Duration{"a minute": about(60), "five minutes": about(300), "twenty minutes, some much longer": around(1200), "ten seconds": about(10)} {
		inBubble(t, name, func(t *testing.T) {
			for seed := range uint64(3) {
				f := syncMany(t, 1000, 100, seed, takes)
				t.Log(name, f)
				if f.polls > 0.6 || f.mean > 0.08 {
					t.Errorf("%s; at most 8 %% and 0.6 are wanted", f)
				}
			}
		})
	}
}

// TestWaitingAsAShardDoes has one report of sixteen be ours, so that a listing of all of them takes many pages. With a few
// of ours that is what a prompt wait costs. With many, the delay is what few requests cost: a sync sends two for each report,
// and reads all fleets, so that 0.4 are 2.7 in all.
func TestWaitingAsAShardDoes(t *testing.T) {
	for _, c := range []struct {
		name        string
		n, places   int
		takes       func(*rand.Rand) time.Duration
		polls, mean float64
	}{
		{"50, five minutes", 50, 50, about(300), 8, 0.08},
		{"625, a minute", 625, 1000, about(60), 0.5, 0.7},
		{"625, five minutes", 625, 1000, about(300), 0.5, 0.7},
		{"625, five minutes, 100 at a time", 625, 100, about(300), 0.6, 0.9},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			f := syncShard(t, c.n, 16, c.places, 1, c.takes)
			t.Log(f)
			if f.polls > c.polls || f.mean > c.mean {
				t.Errorf("%s; at most %.0f %% and %.2f are wanted", f, 100*c.mean, c.polls)
			}
		})
	}
}
