package progress

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func report(id string, status charge.Status) charge.Report {
	return charge.Report{ID: id, Status: status}
}

// succeeded is a report that took 12 s.
func succeeded(id string) charge.Report {
	return charge.Report{ID: id, Status: charge.Succeeded, Created: noon(), Finished: noon().Add(12 * time.Second)}
}

// outage is a failed poll whose operation differs from report to report and whose reason does not.
func outage(id string) error {
	return &charge.Error{Kind: charge.KindTemporary, Op: "get report " + id, Reason: "the API answered 503"}
}

// oneReport is the life of one report, from create to file.
func oneReport(p *Progress) {
	p.Begin(1, time.Now().Add(time.Hour))
	p.Created(charge.Report{ID: "rpt_1", Status: charge.Pending, Parameters: charge.Parameters{
		Type: "charging_summary", Start: noon(), End: noon().Add(time.Hour)}})
	p.Polled(report("rpt_1", charge.Pending), time.Second)
	time.Sleep(12 * time.Second)
	p.Polled(report("rpt_1", charge.Processing), 12*time.Second)
	p.PollFailed("rpt_1", outage("rpt_1"), 5*time.Second)
	p.PollFailed("rpt_1", outage("rpt_1"), 5*time.Second)
	time.Sleep(79 * time.Second) // two heartbeats after the one before
	p.Polled(report("rpt_1", charge.Processing), 91*time.Second)
	p.Polled(succeeded("rpt_1"), 91*time.Second)
	p.Receiving("rpt_1", "april.csv", 1000, 41_000)
	time.Sleep(40 * time.Second)
	p.Receiving("rpt_1", "april.csv", 21_000, 41_000)
	time.Sleep(30 * time.Second)
	p.Receiving("rpt_1", "april.csv", 41_000, 41_000)
	p.Counted("rpt_1", "april.csv", 600)
	p.Ended("rpt_1", "april.csv", false, nil)
}

func TestLinesOfOneReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, stdout, stderr := open(t, Options{})
		p := New(log, EachChange)
		oneReport(p)
		p.Close(t.Context())
		p.Close(t.Context())
		p.Polled(report("rpt_1", charge.Failed), 0)
		want := []string{
			"created rpt_1",
			"rpt_1 processing",
			"could not poll rpt_1: the API answered 503; trying again in 5s",
			"rpt_1 still processing, waiting for 30s: the API answered 503",
			"rpt_1 still processing, waiting for 1m: the API answered 503",
			"rpt_1 still processing, waiting for 1m30s: the API answered 503",
			"rpt_1 succeeded, took 12s",
			"april.csv still receiving, 2% 1.0 of 41.0 kB",
			"april.csv still receiving, 51% 21.0 of 41.0 kB, 338 B/s, 59s to go",
			"april.csv: 600 rows, 41.0 kB, took 12s",
		}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
		if stdout.String() != "" || strings.ContainsAny(stderr.String(), "\r\x1b") {
			t.Errorf("stdout %q, stderr %q", stdout, stderr)
		}
	})
}

func TestLinesOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.Begin(40, time.Time{})
		for i := range 40 {
			p.PollFailed(fmt.Sprintf("rpt_%d", i), outage(fmt.Sprint(i)), time.Second)
		}
		for i := range 3 {
			p.Polled(report(fmt.Sprintf("rpt_%d", i), charge.Processing), 0)
		}
		p.Polled(report("rpt_3", "archiving"), 0)
		p.Receiving("rpt_4", "4.csv", 0, -1)
		p.Ended("rpt_5", "5.csv", true, nil)
		p.Ended("rpt_6", "", false, &charge.Error{Op: "rpt_6", Reason: "the report failed\nat the server"})
		time.Sleep(30*time.Second + time.Millisecond)
		want := []string{
			"could not poll rpt_0: the API answered 503; trying again in 1s",
			"rpt_0 processing",
			"rpt_1 processing",
			"rpt_2 processing",
			"rpt_3 archiving",
			"5.csv is already there",
			"2 of 40 done, 1 receiving 4.csv, 3 processing, 1 other, 33 to come, 0 B, waiting for 30s: the API answered 503",
		}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestPollFailedSaysNewReasons: the same reason again after a good poll, or after a heartbeat's time, is news.
func TestPollFailedSaysNewReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.PollFailed("", errors.New("reset"), time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		time.Sleep(29 * time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		time.Sleep(2 * time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		if n := strings.Count(stderr.String(), "could not poll the reports: re"); n != 3 {
			t.Errorf("%d lines: %q", n, stderr)
		}
	})
}

// TestTheOnlyErrorIsToldOnce: the command's last line says it.
func TestTheOnlyErrorIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.Begin(1, time.Time{})
		p.Ended("rpt_1", "", false, errors.New("why"))
		if stderr.String() != "" {
			t.Errorf("got %q", stderr)
		}
	})
}

// TestWhatEndsIsNamed by its id where it has one, else by its path.
func TestWhatEndsIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.Begin(5, time.Time{})
		p.Created(report("rpt_1", charge.Pending))
		p.Created(charge.Report{ID: "rpt_2", Parameters: charge.Parameters{Type: "charging_summary"}})
		p.Ended("rpt_1", "", false, nil)
		p.Ended("", "1.csv", false, nil)
		p.Ended("", "2.csv", false, errors.New("disk full"))
		want := []string{"created rpt_1", "created rpt_2", "1.csv: 0 B"}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestBriefProgress: of many items a line says what each has brought, and nothing what it went through. Why one did not is
// told at the end of the run; at once where that has none.
func TestBriefProgress(t *testing.T) {
	for detail, want := range map[Detail][]string{
		EachEnd: {"1.csv: 0 B (rpt_1)"}, Endless: {"1.csv: 0 B (rpt_1)", "write 2.csv: disk full"},
	} {
		brief(t, detail, want)
	}
}

func brief(t *testing.T, detail Detail, want []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, detail)
		defer p.Close(t.Context())
		p.Begin(5, time.Time{})
		p.Created(report("rpt_1", charge.Pending))
		p.Polled(report("rpt_1", charge.Processing), time.Second)
		p.Ended("rpt_1", "1.csv", false, nil)
		p.Ended("", "2.csv", false, errors.New("write 2.csv: disk full"))
		p.Ended("rpt_3", "", false, charge.Errorf(charge.KindInterrupted, "interrupted"))
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestSummary: after a run over several items one line says what it has brought; where nobody watches it says nothing of a
// run that has brought nothing.
func TestSummary(t *testing.T) {
	file := func(p *Progress, id string, skipped bool) {
		if !skipped {
			p.Receiving(id, id+".csv", 64_600, 64_600)
		}
		p.Ended(id, id+".csv", skipped, nil)
	}
	for name, test := range map[string]struct {
		run         func(p *Progress)
		lively, log string // what a person and a log are told
	}{
		"sync": {run: func(p *Progress) {
			p.Files("reports", 36, 34)
			p.Begin(2, time.Time{})
			file(p, "a", false)
			time.Sleep(7 * time.Second)
			file(p, "b", false)
		}, lively: "36 files in reports: 2 new, 34 already there, 129.2 kB in 7s", log: "36 files in reports: 2 new, 34 already there, 129.2 kB in 7s"},
		"nothing to do": {run: func(p *Progress) { p.Files("reports", 36, 36) }, lively: "all 36 already there"},
		"nothing brought": {run: func(p *Progress) {
			p.Files(".", 3, 2)
			p.Begin(1, time.Time{})
			p.Ended("a", "a.csv", false, errors.New("why"))
		}, lively: "2 of 3 files: 2 already there"},
		"some": {run: func(p *Progress) {
			p.Begin(3, time.Time{})
			file(p, "a", true)
			file(p, "b", false)
		}, lively: "2 of 3 files: 1 new, 1 already there, 64.6 kB in under 1s", log: "2 of 3 files: 1 new, 1 already there, 64.6 kB in under 1s"},
		"one file": {run: func(p *Progress) {
			p.Begin(1, time.Time{})
			p.Receiving("a", "a.csv", 1, 1)
			p.Counted("a", "a.csv", 1)
			p.Ended("a", "a.csv", false, nil)
		}, lively: "a.csv: 1 row, 1 B"},
		"one there": {run: func(p *Progress) { p.Files(".", 1, 1) }, lively: "already there"},
		"waits": {run: func(p *Progress) {
			p.Begin(2, time.Time{})
			time.Sleep(time.Minute)
			p.Ended("a", "", false, nil)
			p.Ended("b", "", false, errors.New("why"))
		}, lively: "1 of 2 reports succeeded, waited for 1m"},
		"one wait": {run: func(p *Progress) {
			p.Begin(1, time.Time{})
			p.Ended("a", "", false, nil)
		}},
		"nothing": {run: func(*Progress) {}},
	} {
		for _, lively := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				log, _, stderr := open(t, Options{Lively: lively})
				p := New(log, EachEnd)
				test.run(p)
				before := stderr.String()
				p.Close(t.Context())
				p.Close(t.Context())
				want := test.log
				if lively {
					want = test.lively
				}
				if got := strings.TrimSuffix(strings.TrimPrefix(stderr.String(), before), "\n"); got != want {
					t.Errorf("%s, lively %v: got %q, want %q", name, lively, got, want)
				}
			})
		}
	}
}

// TestASecondAttemptReplacesTheFirst: an item whose report failed goes on under another id.
func TestASecondAttemptReplacesTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.Begin(1, time.Time{})
		p.Polled(report("rpt_1", charge.Failed), 0)
		p.Polled(report("rpt_2", charge.Pending), 0)
		time.Sleep(31 * time.Second)
		want := []string{"rpt_1 failed", "rpt_2 pending", "rpt_2 still pending, waiting for 30s"}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQuietSaysNothing(t *testing.T) {
	for _, lively := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			log, stdout, stderr := open(t, Options{Quiet: true, Lively: lively})
			p := New(log, EachChange)
			defer p.Close(t.Context())
			oneReport(p)
			p.Notice("something")
			if stdout.String()+stderr.String() != "" {
				t.Errorf("got %q, %q", stdout, stderr)
			}
		})
	}
}

// TestNothingMovesWhenItShouldNot: JSON was asked for, or the terminal is no person's.
func TestNothingMovesWhenItShouldNot(t *testing.T) {
	for name, o := range map[string]Options{
		"json": {Lively: true, Object: true}, "log": {Lively: true, JSON: true}, "no terminal": {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log, _, stderr := open(t, o)
				p := New(log, EachChange)
				defer p.Close(t.Context())
				oneReport(p)
				if strings.ContainsAny(stderr.String(), "\r\x1b") || !strings.Contains(stderr.String(), "still processing") {
					t.Errorf("got %q", stderr)
				}
			})
		})
	}
}

func TestLogLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{JSON: true})
		p := New(log, EachChange)
		oneReport(p)
		p.Ended("rpt_\x1b2", "2.csv", false, errors.New("disk full\n"))
		p.Notice("note")
		p.Close(t.Context())
		log.Problem(Problem{Text: "why", Hints: []string{"do this"}, Kind: "output", ExitCode: 7})
		got := records(t, stderr.String())

		known := map[string]bool{"message": true} // a member of the error object
		for _, k := range LogKeys() {
			known[k[0]] = true
		}
		var events []string
		for _, r := range got {
			events = append(events, r["event"].(string))
			for key := range r {
				if !known[key] {
					t.Errorf("%s is not documented: %v", key, r)
				}
			}
		}
		want := strings.Fields("begin created status poll_failed heartbeat heartbeat heartbeat status receiving heartbeat heartbeat ended ended note summary problem")
		if diff := cmp.Diff(want, events); diff != "" {
			t.Error(diff)
		}
		beat := got[6]
		if beat["report"] != "rpt_1" || beat["status"] != "processing" || beat["elapsed_ms"] != 90_000.0 || beat["left_ms"] != 3_510_000.0 {
			t.Errorf("heartbeat %v", beat)
		}
		if ended := got[12]; ended["report"] != "rpt_2" || ended["error"] != "disk full " || ended["path"] != "2.csv" {
			t.Errorf("ended %v", ended)
		}
	})
}

func TestProgressFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, stderr := open(t, Options{})
		p := New(log, EachChange)
		for i := range 50 {
			go func() {
				id := fmt.Sprintf("rpt_%d", i)
				p.Polled(report(id, charge.Processing), 0)
				p.Receiving(id, id+".csv", 1, 2)
				p.Ended(id, id+".csv", false, nil)
				log.Note("note")
			}()
		}
		go p.Close(context.Background())
		synctest.Wait()
		p.Close(t.Context())
		for _, l := range lines(t, stderr.String()) {
			if l != "note" && !strings.HasPrefix(l, "rpt_") && !strings.HasSuffix(l, " in under 1s") {
				t.Errorf("a broken line: %q", l)
			}
		}
	})
}
