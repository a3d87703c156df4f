package output

import (
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

// outage is a failed look whose operation differs from report to report and whose reason does not.
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
	p.Polled(report("rpt_1", charge.Succeeded), 91*time.Second)
	p.Receiving("rpt_1", "april.csv", 1000, 41_000)
	time.Sleep(40 * time.Second)
	p.Receiving("rpt_1", "april.csv", 21_000, 41_000)
	time.Sleep(30 * time.Second)
	p.Ended("rpt_1", "april.csv", false, nil)
}

func TestLinesOfOneReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, stdout, stderr := open(t, pipes, Options{})
		p := out.Progress()
		oneReport(p)
		p.Close()
		p.Close()
		p.Polled(report("rpt_1", charge.Failed), 0)
		want := []string{
			"created rpt_1",
			"rpt_1 processing after 12s",
			"could not look at rpt_1: the API answered 503; trying again in 5s",
			"rpt_1 still processing after 30s, 59m30s left",
			"rpt_1 still processing after 1m, 59m left",
			"rpt_1 still processing after 1m30s, 58m30s left",
			"rpt_1 succeeded after 1m31s",
			"rpt_1 still receiving 1.0 kB of 41.0 kB, 58m left",
			"rpt_1 still receiving 21.0 kB of 41.0 kB, 338 B/s, 59s to go, 57m30s left",
			"rpt_1 written to april.csv",
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
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		defer p.Close()
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
			"could not look at rpt_0: the API answered 503; trying again in 1s",
			"rpt_0 processing after 0s",
			"rpt_1 processing after 0s",
			"rpt_2 processing after 0s",
			"rpt_3 archiving after 0s",
			"5.csv is already there",
			"2 of 40 done, 1 receiving, 3 processing, 1 other, 33 waiting after 30s",
		}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestPollFailedSaysNewReasons: the same reason again after a good look, or after a heartbeat's time, is news.
func TestPollFailedSaysNewReasons(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		defer p.Close()
		p.PollFailed("", errors.New("reset"), time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		time.Sleep(29 * time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		time.Sleep(2 * time.Second)
		p.PollFailed("", errors.New("refused"), time.Second)
		if n := strings.Count(stderr.String(), "could not look at the reports: re"); n != 3 {
			t.Errorf("%d lines: %q", n, stderr)
		}
	})
}

// TestTheOnlyErrorIsToldOnce: the command's last line says it.
func TestTheOnlyErrorIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		defer p.Close()
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
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		defer p.Close()
		p.Begin(5, time.Time{})
		p.Created(report("rpt_1", charge.Pending))
		p.Created(charge.Report{ID: "rpt_2", Parameters: charge.Parameters{Type: "charging_summary"}})
		p.Ended("rpt_1", "", false, nil)
		p.Ended("", "1.csv", false, nil)
		p.Ended("", "2.csv", false, errors.New("disk full"))
		want := []string{"created rpt_1", "created rpt_2", "wrote 1.csv"}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestBriefProgress: of many items a line says how each ended, and nothing what it went through.
func TestBriefProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _, stderr := open(t, pipes, Options{})
		p := out.BriefProgress()
		defer p.Close()
		p.Begin(5, time.Time{})
		p.Created(report("rpt_1", charge.Pending))
		p.Polled(report("rpt_1", charge.Processing), time.Second)
		p.Ended("rpt_1", "1.csv", false, nil)
		p.Ended("", "2.csv", false, errors.New("write 2.csv: disk full"))
		p.Ended("rpt_3", "", false, charge.Errorf(charge.KindInterrupted, "interrupted"))
		want := []string{"rpt_1 written to 1.csv", "write 2.csv: disk full"}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

// TestASecondAttemptReplacesTheFirst: an item whose report failed goes on under another id.
func TestASecondAttemptReplacesTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		defer p.Close()
		p.Begin(1, time.Time{})
		p.Polled(report("rpt_1", charge.Failed), 0)
		p.Polled(report("rpt_2", charge.Pending), 0)
		time.Sleep(31 * time.Second)
		want := []string{"rpt_1 failed after 0s", "rpt_2 pending after 0s", "rpt_2 still pending after 30s"}
		if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
			t.Error(diff)
		}
	})
}

func TestQuietSaysNothing(t *testing.T) {
	for _, at := range []place{pipes, terminal} {
		synctest.Test(t, func(t *testing.T) {
			out, stdout, stderr := open(t, at, Options{Quiet: true})
			p := out.Progress()
			defer p.Close()
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
	for name, run := range map[string]struct {
		at place
		o  Options
	}{
		"json": {terminal, Options{JSON: true}}, "jsonl": {terminal, Options{JSONL: true}}, "jq": {terminal, Options{JQ: "."}},
		"log":  {terminal, Options{LogJSON: true}},
		"dumb": {place{outTTY: true, errTTY: true, env: map[string]string{"TERM": "dumb"}}, Options{}},
		"ci":   {place{outTTY: true, errTTY: true, env: map[string]string{"CI": "true"}}, Options{Color: "never"}},
		"pipe": {place{outTTY: true}, Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				out, _, stderr := open(t, run.at, run.o)
				p := out.Progress()
				defer p.Close()
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
		out, _, stderr := open(t, pipes, Options{LogJSON: true})
		p := out.Progress()
		oneReport(p)
		p.Ended("rpt_\x1b2", "2.csv", false, errors.New("disk full\n"))
		p.Notice("note")
		p.Close()
		out.Problem(Problem{Text: "why", Hints: []string{"do this"}, Kind: "output", ExitCode: 7})
		got := records(t, stderr.String())

		known := map[string]bool{"message": true} // a member of the error object
		for _, k := range LogKeys() {
			known[k.Name] = true
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
		want := strings.Fields("begin created status look_error heartbeat heartbeat heartbeat status receiving heartbeat heartbeat ended ended note problem")
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

func TestFrames(t *testing.T) {
	now := noon()
	begin := func(items int) *board {
		b := newBoard(now.Add(-90 * time.Second))
		b.items, b.deadline = items, now.Add(time.Hour)
		return b
	}
	one := begin(1)
	one.looked(report("rpt_1", charge.Processing), 12*time.Second, now)
	few := begin(3)
	few.looked(report("rpt_1", charge.Processing), 12*time.Second, now)
	few.looked(report("rpt_2", charge.Pending), time.Second, now)
	few.received("rpt_3", "3.csv", 0, 4000, now.Add(-2*time.Second))
	few.received("rpt_3", "3.csv", 1000, 4000, now)
	resumed := begin(1)
	resumed.received("rpt_1", "1.csv", 2_000_000_000, 3_000_000_000, now.Add(-10*time.Second))
	resumed.received("rpt_1", "1.csv", 2_500_000_000, 3_000_000_000, now)
	many := begin(40)
	many.done = 12
	for i := range 2 {
		many.looked(report(fmt.Sprintf("rpt_%d", i), charge.Processing), 0, now)
		many.received(fmt.Sprintf("rpt_f%d", i), "f", 500, 1000, now)
	}
	ready := begin(1)
	ready.looked(report("rpt_1", charge.Succeeded), 12*time.Second, now.Add(-time.Minute))
	long := begin(1)
	long.received("rpt_YZN4lixbtMWYKhdDpupTRuvQvTmCdsdJ", "1.csv", 0, 6_500_000, now.Add(-10*time.Second))
	long.received("rpt_YZN4lixbtMWYKhdDpupTRuvQvTmCdsdJ", "1.csv", 3_200_000, 6_500_000, now)
	unknown := begin(1)
	unknown.received("rpt_1", "1", 1500, -1, now)
	wide := begin(1)
	wide.looked(report("rpt_"+strings.Repeat("東\x1b[2J\n", 100), "pending\n\x1b[31m"), 0, now)

	for name, test := range map[string]struct {
		b    *board
		want []string
	}{
		"nothing yet": {begin(0), []string{"* asking the API for 1m30s, 1h left"}},
		"one":         {one, []string{"* rpt_1 processing after 12s, 1h left"}},
		"few": {few, []string{"* rpt_1 processing after 12s, 1h left", "* rpt_2 pending after 1s, 1h left",
			"rpt_3 25% |██████                  | 1.0 kB of 4.0 kB, 500 B/s, 6s to go"}},
		"resumed": {resumed, []string{"rpt_1 83% |███████████████████     | 2.5 GB of 3.0 GB, 50.0 MB/s, 10s to go"}},
		"many": {many, []string{"* 12 of 40 done, 2 receiving, 2 processing, 24 waiting after 1m30s, 1h left",
			"receiving 2 files: 1.0 kB of 2.0 kB"}},
		"ready":        {ready, []string{"* rpt_1 succeeded after 12s, file to come, 1h left"}},
		"long name":    {long, []string{"rpt_YZN4lixbtMWYKhdDpu… 49% |███     | 3.2 MB of 6.5 MB, 320.0 kB/s, 10s to go"}},
		"unknown size": {unknown, []string{"rpt_1 1.5 kB"}},
		"hostile":      {wide, []string{"* rpt_東[2J 東[2J 東[2J 東[2J 東[2J 東[2J … pending [31m after 0s, 1h left"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.b.frame("*", now, 80, false)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if beat := test.b.heartbeat(now); name == "ready" && beat != "rpt_1 succeeded after 12s, file to come, 1h left" {
				t.Errorf("heartbeat %q", beat)
			}
			coloured := test.b.frame("*", now, 80, true)
			for i, l := range coloured {
				if stripSGR(l) != got[i] || columns(got[i]) >= 80 {
					t.Errorf("%q is not %q, or too wide", l, got[i])
				}
			}
		})
	}
}

// TestWhatStaysOnATerminal plays a run on a terminal: notes and results stay, frames go, the cursor comes back.
func TestWhatStaysOnATerminal(t *testing.T) {
	shown := newEmulator(t)
	out, err := New(Streams{Out: shown, Err: shown, OutTTY: true, ErrTTY: true, Width: 80}, Options{})
	check(t, err)
	p := out.Progress()
	sheet := out.Sheet(Shape{Live: true})
	out.Note("before")
	p.Begin(3, time.Now().Add(time.Hour))
	for i := range 3 {
		p.Polled(report(fmt.Sprintf("rpt_%d", i), charge.Pending), 0)
		p.paint("*")
	}
	if len(shown.rows) != 4 {
		t.Errorf("got %q", shown.text())
	}
	p.PollFailed("rpt_1", outage("rpt_1"), time.Second)
	check(t, sheet.Add(Row{Cells: []Cell{{Text: "rpt_0"}, {Text: "succeeded", Kind: StatusCell}}}))
	p.Ended("rpt_0", "", false, nil)
	p.paint("*")
	p.Receiving("rpt_1", "1.csv", 10, 20)
	p.paint("*")
	out.Problem(Problem{Text: "why", Hints: []string{"do this"}})
	p.paint("*")
	p.Close()
	p.paint("*")
	want := "before\ncould not look at rpt_1: the API answered 503; trying again in 1s\nrpt_0  succeeded\nchargectl: why\nhint: do this"
	if diff := cmp.Diff(want, shown.text()); diff != "" {
		t.Error(diff)
	}
}

// TestAFrameFollowsItsWindow: the width is that of the moment, a frame that was wrapped anew is erased whole, and a
// window of few lines shows the lowest.
func TestAFrameFollowsItsWindow(t *testing.T) {
	shown, height := newEmulator(t), 24
	measure := func() (int, int) { return shown.width, height }
	out, err := New(Streams{Out: shown, Err: shown, OutTTY: true, ErrTTY: true, Width: 80, Measure: measure}, Options{})
	check(t, err)
	p := out.Progress()
	out.Note("before")
	p.Begin(3, time.Now().Add(time.Hour))
	for i := range 3 {
		p.Polled(report(fmt.Sprintf("rpt_%d_%s", i, strings.Repeat("x", 32)), charge.Pending), 0)
	}
	p.paint("*")
	for _, width := range []int{40, 33, 12} {
		shown.narrow(width)
		p.paint("*")
	}
	if shown.row != 3 {
		t.Errorf("the cursor is in row %d: %q", shown.row, shown.text())
	}
	shown.width, height = 80, 3
	p.paint("*")
	if text := shown.text(); shown.row != 2 || !strings.Contains(text, "rpt_2") || strings.Contains(text, "rpt_0") {
		t.Errorf("in three lines: %q", text)
	}
	p.Close()
	if shown.text() != "before" {
		t.Errorf("left: %q", shown.text())
	}
}

// TestBytesAtATerminalEndMovement: a frame would erase the line that the file's bytes are on.
func TestBytesAtATerminalEndMovement(t *testing.T) {
	shown := newEmulator(t)
	out, err := New(Streams{Out: shown, Err: shown, OutTTY: true, ErrTTY: true}, Options{})
	check(t, err)
	p := out.Progress()
	p.Begin(1, time.Time{})
	p.paint("*")
	_, err = out.Bytes().Write([]byte("a,b"))
	check(t, err)
	p.paint("*")
	p.Close()
	if shown.text() != "a,b" {
		t.Errorf("got %q", shown.text())
	}
}

func TestProgressFromManyGoroutines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out, _, stderr := open(t, pipes, Options{})
		p := out.Progress()
		for i := range 50 {
			go func() {
				id := fmt.Sprintf("rpt_%d", i)
				p.Polled(report(id, charge.Processing), 0)
				p.Receiving(id, id+".csv", 1, 2)
				p.Ended(id, id+".csv", false, nil)
				out.Note("note")
			}()
		}
		go p.Close()
		synctest.Wait()
		p.Close()
		for _, l := range lines(t, stderr.String()) {
			if l != "note" && !strings.HasPrefix(l, "rpt_") {
				t.Errorf("a broken line: %q", l)
			}
		}
	})
}
