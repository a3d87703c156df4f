package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
)

// TestAnEventIsAHint: of what it says only the id is taken, and one request fetches the link.
func TestAnEventIsAHint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.add(1)
		w.wantStatus(204, strings.Replace(told(1), `"status"`, `"url":"https://evil.test/x","size":7,"type":"exe","status"`, 1))
		synctest.Wait()
		if w.count("get") != 1 || w.count("file") != 1 {
			t.Errorf("%v was asked for", w.asked)
		}
		w.stop()
		w.wantFiles(1)
	})
}

// TestHoweverOftenAndInWhateverOrder events come, each report is one file, and one transfer.
func TestHoweverOftenAndInWhateverOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 40
		w := newWorld(t)
		w.start()
		var events []int
		for i := range n {
			w.add(i)
			events = append(events, i, i, i)
		}
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(events), func(i, k int) { events[i], events[k] = events[k], events[i] })
		var all sync.WaitGroup
		for _, i := range events {
			all.Go(func() { w.wantStatus(204, told(i)) })
		}
		all.Wait()
		time.Sleep(time.Minute)
		var want []int
		for i := range n {
			want = append(want, i)
			if got := w.count("file " + id(i)); got != 1 {
				t.Errorf("the file of %d was transferred %d times", i, got)
			}
			if got := slices.Index(w.told(), id(i)+".csv"); got < 0 {
				t.Errorf("%d was not told", i)
			}
		}
		if len(w.told()) != n {
			t.Errorf("%d files were told", len(w.told()))
		}
		w.stop()
		w.wantFiles(want...)
	})
}

// TestWhatPassesIsTriedAgain until the file is there.
func TestWhatPassesIsTriedAgain(t *testing.T) {
	down := func(status int, after time.Duration) error {
		return &charge.Error{Kind: charge.KindTemporary, Reason: "down", HTTPStatus: status, RetryAfter: after}
	}
	for name, c := range map[string]struct {
		prepare func(w *world)
		within  time.Duration
		tries   int // of the API at most
	}{
		"the API fails": {func(w *world) { w.failUntil(10*time.Second, "get", down(503, 0)) }, 20 * time.Second, 6},
		"the key is refused": {func(w *world) {
			w.failUntil(time.Hour, "get", &charge.Error{Kind: charge.KindAuth, Reason: "revoked", HTTPStatus: 401})
		}, time.Hour + time.Minute, 100},
		"the API asks for a pause": {func(w *world) { w.failUntil(time.Second, "get", down(429, 30*time.Second)) }, 31 * time.Second, 2},
		"the file host fails":      {func(w *world) { w.failUntil(time.Minute, "file", down(500, 0)) }, 3 * time.Minute, 30},
		"the report is not there yet": {func(w *world) {
			w.failUntil(20*time.Second, "get", &charge.Error{Kind: charge.KindNotFound, Reason: "no such report", HTTPStatus: 404})
		}, 40 * time.Second, 7},
		"the report is not ready yet": {func(w *world) {
			w.update(1, func(r *charge.Report) { r.Status = charge.Processing })
			time.AfterFunc(5*time.Minute, func() { w.update(1, func(r *charge.Report) { r.Status = charge.Succeeded }) })
		}, 7 * time.Minute, 13},
		"a proxy says that there is nothing": {func(w *world) {
			w.failUntil(10*time.Minute, "get", &charge.Error{Kind: charge.KindTemporary, Reason: "a web page", HTTPStatus: 404})
		}, 12 * time.Minute, 20},
		"the disk is full": {func(w *world) {
			w.disk.broken(syscall.ENOSPC)
			time.AfterFunc(time.Minute, func() { w.disk.broken(nil) })
		}, 2 * time.Minute, 10},
		"the answer has another shape": {func(w *world) {
			w.failUntil(time.Minute, "get", &charge.Error{Kind: charge.KindUsage, Reason: "another API version"})
		}, 2 * time.Minute, 10},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			w.add(1)
			c.prepare(w)
			began := time.Now()
			for status := 0; status != 204; time.Sleep(time.Second) { // the API delivers again what is not accepted
				status, _ = w.post(told(1))
			}
			for len(w.done()) == 0 && time.Since(began) < c.within+time.Second {
				time.Sleep(time.Second)
			}
			if took := time.Since(began); took > c.within || w.count("get") > c.tries {
				t.Errorf("it took %s and %d requests", took, w.count("get"))
			}
			w.stop()
			w.wantFiles(1)
		})
	}
}

// TestWhatCanNeverBeIsNamedAndDone, once, and not tried again by the next start.
func TestWhatCanNeverBeIsNamedAndDone(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(w *world)
		why     string
		tries   int
	}{
		"it failed":     {func(w *world) { w.add(1, func(r *charge.Report) { r.Status = charge.Failed }) }, "the report failed at the server", 1},
		"it is unknown": {func(*world) {}, "no such report", 8},
		"its file is gone": {func(w *world) {
			w.add(1)
			w.failUntil(1000*time.Hour, "file", &charge.Error{Kind: charge.KindTemporary, Reason: "gone", HTTPStatus: 410})
		}, "gone", 40},
		"its name is taken by another size": {func(w *world) {
			w.add(1)
			w.occupy("something else")
		}, "it exists with 14 bytes", 1},
		"its name is taken, and only new ones are wanted": {func(w *world) {
			w.options.IfExists = download.Fail
			w.add(1)
			w.occupy(content(id(1)))
		}, "it exists", 1},
		"its name is reserved": {func(w *world) {
			w.options.Name = func(context.Context, charge.Report) (string, error) { return "x.part", download.Reserved("x.part") }
			w.add(1)
		}, "keeps for itself", 1},
		"its file has another length": {func(w *world) { w.add(1, func(r *charge.Report) { r.Size = 7 }) }, "the report's size is 7", 1},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.options.CatchUp = 0
			c.prepare(w)
			w.start()
			w.wantStatus(204, told(1))
			time.Sleep(10 * time.Minute)
			if len(w.done()) != 1 || len(w.told()) != 0 || !strings.Contains(w.whys(), c.why) || w.count("get") > c.tries {
				t.Errorf("done %v, written %v after %d requests: %s", w.done(), w.told(), w.count("get"), w.whys())
			}
			w.stop()
			before := w.count("get")
			w.start()
			w.wantStatus(204, told(1))
			time.Sleep(10 * time.Minute)
			if w.count("get") != before {
				t.Error("the next start asked again")
			}
			w.stop()
		})
	}
}

// TestAFileInPlaceIsDone: sync or an earlier run wrote it.
func TestAFileInPlaceIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(1)
		w.occupy(content(id(1)))
		w.start()
		w.wantStatus(204, told(1))
		synctest.Wait()
		if w.count("file") != 0 || !slices.Equal(w.told(), []string{id(1) + ".csv"}) {
			t.Errorf("%d transfers, %v told", w.count("file"), w.told())
		}
		w.stop()
	})
}

// TestTheNextStartFinishesWhatWasAccepted, whatever the listener was doing when it ended.
func TestTheNextStartFinishesWhatWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.CatchUp = 0
		w.start()
		w.failUntil(10*time.Second, "get", &charge.Error{Kind: charge.KindTemporary, Reason: "down"})
		for n := range 5 {
			w.add(n)
			w.wantStatus(204, told(n))
		}
		w.stop()
		if len(w.done()) != 0 {
			t.Fatalf("%v is done", w.done())
		}
		time.Sleep(time.Hour)
		w.start()
		synctest.Wait()
		w.stop()
		w.wantFiles(0, 1, 2, 3, 4)
	})
}

// TestOnlyWhatIsWantedIsWritten: the API's word counts, not the event's.
func TestOnlyWhatIsWantedIsWritten(t *testing.T) {
	fleet, none := "flt_1", ""
	for name, c := range map[string]struct {
		kind  string
		fleet *string
		want  []int
	}{
		"all":               {"", nil, []int{1, 2, 3}},
		"a type":            {"charging_summary", nil, []int{1, 2}},
		"a fleet":           {"", &fleet, []int{2, 3}},
		"the whole account": {"", &none, []int{1}},
		"both":              {"charging_summary", &fleet, []int{2}},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Type, w.options.Fleet = c.kind, c.fleet
			w.start()
			w.add(1)
			w.add(2, func(r *charge.Report) { r.Fleet = fleet })
			w.add(3, func(r *charge.Report) { r.Fleet, r.Parameters.Type = fleet, "cost_analysis" })
			for n := 1; n <= 3; n++ {
				w.wantStatus(204, told(n))
			}
			time.Sleep(2 * time.Hour)
			if len(w.done()) != 3 && c.want != nil {
				t.Errorf("%v are done", w.done())
			}
			w.stop()
			w.wantFiles(c.want...)
		})
	}
}

// TestCatchUpFindsWhatNoEventToldOf since the first start of the journal, and nothing older.
func TestCatchUpFindsWhatNoEventToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(1) // succeeded before there was a listener
		time.Sleep(10 * time.Minute)
		w.add(2, func(r *charge.Report) { r.Status, r.Finished = charge.Processing, time.Time{} })
		time.Sleep(time.Minute)
		w.start()
		w.add(3)
		w.add(4, func(r *charge.Report) { r.Status = charge.Failed })
		time.Sleep(time.Hour + time.Second)
		w.wantFiles(3)
		w.update(2, func(r *charge.Report) { r.Status, r.Finished = charge.Succeeded, time.Now() })
		time.Sleep(time.Hour + time.Second)
		w.wantFiles(2, 3)
		w.stop()
		w.add(5)
		time.Sleep(100 * time.Hour)
		w.start()
		synctest.Wait()
		w.stop()
		w.wantFiles(2, 3, 5)
		if w.count("get") != 3 {
			t.Errorf("%v were asked for 3 reports", w.asked)
		}
	})
}

// TestCatchUpReadsNoFurtherThanItMust: what an earlier reading has left nothing to come of is not read again.
func TestCatchUpReadsNoFurtherThanItMust(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		for n := range 50 {
			w.add(n)
			time.Sleep(10 * time.Minute)
		}
		w.add(100, func(r *charge.Report) { r.Status = charge.Pending })
		time.Sleep(3 * time.Hour)
		before := w.count("page")
		w.add(101)
		time.Sleep(time.Hour + time.Second)
		if pages := w.count("page") - before; pages > 5 { // of two reports, six in an hour
			t.Errorf("%d pages were read for what one hour has brought", pages)
		}
		before = w.count("page")
		w.stop()
		w.start()
		synctest.Wait()
		if pages := w.count("page") - before; pages > 5 {
			t.Errorf("%d pages were read by the next start", pages)
		}
		w.update(100, func(r *charge.Report) { r.Status, r.Finished = charge.Succeeded, time.Now() })
		time.Sleep(time.Hour + time.Second)
		w.stop()
		if w.count("file "+id(100)) != 1 || w.count("file "+id(101)) != 1 {
			t.Error("what was open for hours was not found")
		}
	})
}

// TestCatchUpByTheServersClock: one that is hours off moves nothing.
func TestCatchUpByTheServersClock(t *testing.T) {
	for _, off := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.offset = off
			shift := func(r *charge.Report) { r.Created, r.Finished = r.Created.Add(off), r.Finished.Add(off) }
			w.add(1, shift)
			time.Sleep(time.Minute)
			w.start()
			w.add(2, shift)
			time.Sleep(time.Hour + time.Second)
			w.add(3, shift)
			time.Sleep(time.Hour + time.Second)
			w.stop()
			w.wantFiles(2, 3)
		})
	}
}

// TestCatchUpThatFailsIsTriedAgain within a minute, and not at the next hour.
func TestCatchUpThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.add(0)
		time.Sleep(time.Minute)
		w.failUntil(10*time.Minute, "page", &charge.Error{Kind: charge.KindTemporary, Reason: "down"})
		w.start()
		w.add(1)
		time.Sleep(12 * time.Minute)
		w.stop()
		w.wantFiles(1)
		if w.count("page") > 20 {
			t.Errorf("%d tries", w.count("page"))
		}
	})
}

// TestAServerInTroubleIsLeftAlone: however many reports wait, its requests in an outage are few.
func TestAServerInTroubleIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 300
		w := newWorld(t)
		w.options.CatchUp, w.options.Jobs = 0, 4
		w.start()
		w.failUntil(time.Hour, "get", &charge.Error{Kind: charge.KindTemporary, Reason: "down"})
		for i := range n {
			w.add(i)
			w.wantStatus(204, told(i))
		}
		time.Sleep(time.Hour)
		if got := w.count("get"); got > 2000 { // 1,100 to 1,500, by chance; each report by itself would be 100,000
			t.Errorf("%d requests within an hour of outage", got)
		}
		time.Sleep(10 * time.Minute)
		if len(w.done()) != n {
			t.Errorf("%d are done ten minutes later", len(w.done()))
		}
		w.stop()
	})
}

// TestTheDoorIsShutBeforeTheFolder: each thing that is wrong is told before anything is served.
func TestTheDoorIsShutBeforeTheFolder(t *testing.T) {
	inBubble(t, "a second listener", func(t *testing.T) {
		w := newWorld(t)
		w.start()
		_, err := w.service().Open(t.Context(), w.options)
		if charge.KindOf(err) != charge.KindLocked || !strings.Contains(err.Error(), "another listener has this folder") {
			t.Error(err)
		}
		w.stop()
		w.start()
		w.stop()
	})
	inBubble(t, "no locks", func(t *testing.T) {
		w := newWorld(t)
		w.change = func(s *Service) {
			s.Disk.Lock = func(string, int) (disk.Lock, error) {
				return nil, errors.ErrUnsupported
			}
		}
		w.start()
		if len(w.said()) == 0 || !strings.Contains(w.said()[0], "continuing without locks") {
			t.Errorf("%q", w.said())
		}
		w.stop()
	})
	inBubble(t, "a folder that cannot be written", func(t *testing.T) {
		w := newWorld(t)
		w.change = func(s *Service) { s.Disk.Access = func(string) error { return syscall.EACCES } }
		if _, err := w.service().Open(t.Context(), w.options); charge.KindOf(err) != charge.KindOutput {
			t.Error(err)
		}
	})
	inBubble(t, "a listener that fails", func(t *testing.T) {
		w := newWorld(t)
		w.start()
		_ = w.pipe.Close()
		if err := <-w.over; charge.KindOf(err) != charge.KindInternal {
			t.Error(err)
		}
	})
}

// TestTwoReportsOfOneName: the first is written, the second named on stderr.
func TestTwoReportsOfOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.options.Name = func(context.Context, charge.Report) (string, error) { return "same.csv", nil }
		w.start()
		w.add(1)
		w.add(2, func(r *charge.Report) { r.Size++ })
		w.wantStatus(204, told(1))
		synctest.Wait()
		w.wantStatus(204, told(2))
		time.Sleep(10 * time.Minute)
		text, err := os.ReadFile(filepath.Join(w.dir, "same.csv"))
		if err != nil || string(text) != content(id(1)) || !strings.Contains(w.whys(), id(2)+": ") || !strings.Contains(w.whys(), "it exists") {
			t.Errorf("%q, %v: %s", text, err, w.whys())
		}
		w.stop()
	})
}

func TestSayerSaysALineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		s := &sayer{notice: w.Notice}
		s.say("a")
		time.Sleep(3 * time.Second)
		for _, text := range []string{"b", "c", "d", "e"} {
			s.say(text)
		}
		time.Sleep(time.Second + time.Millisecond)
		s.say("f")
		time.Sleep(10 * time.Second)
		if diff := cmp.Diff([]string{"a", "b", "e (and 2 more)", "f"}, w.said()); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
