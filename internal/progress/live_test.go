//go:build unix

package progress

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

const longID = "rpt_YZN4lixbtMWYKhdDpupTRuvQvTmCdsdJ"

// TestLines: what goes first where there is no room is the id or the name, and never the status or the percentage.
func TestLines(t *testing.T) {
	now := noon()
	begin := func(items int) *state {
		return &state{began: now.Add(-90 * time.Second), items: items, deadline: now.Add(time.Hour)}
	}
	one := begin(1)
	one.polled(report(longID, charge.Processing), 12*time.Second, now)
	three := begin(3)
	three.polled(report("rpt_1", charge.Processing), 12*time.Second, now)
	three.polled(report("rpt_2", charge.Pending), time.Second, now)
	three.received("rpt_3", "3.csv", 0, 4000, now.Add(-2*time.Second))
	three.received("rpt_3", "3.csv", 1000, 4000, now)
	resumed := begin(1)
	resumed.received("rpt_1", "out/april.csv", 2_000_000_000, 3_000_000_000, now.Add(-10*time.Second))
	resumed.received("rpt_1", "out/april.csv", 2_500_000_000, 3_000_000_000, now)
	many := begin(300)
	many.done = 12
	for i := range 2 {
		many.polled(report(fmt.Sprintf("rpt_%d", i), charge.Processing), 0, now)
		many.received(fmt.Sprintf("rpt_f%d", i), "f", 500, 1000, now)
	}
	ready := begin(1)
	ready.polled(succeeded("rpt_1"), time.Hour, now.Add(-time.Minute))
	unknown := begin(1)
	unknown.received("rpt_1", "1", 1500, -1, now)
	hostile := begin(1)
	hostile.polled(report("rpt_"+strings.Repeat("東\x1b[2J\n", 100), "pending\n\x1b[31m"), 0, now)
	whole := begin(1)
	whole.received("rpt_1", "1.csv", 70, 60, now)

	late := begin(1)
	late.polled(report(longID, charge.Processing), 12*time.Second, now)
	late.deadline = now.Add(30 * time.Second)
	refused := begin(1)
	refused.at("rpt_1", "").reason = "connection refused"

	for name, test := range map[string]struct {
		s    *state
		want map[int]string
	}{
		"nothing yet": {begin(0), map[int]string{80: "asking the API for 1m30s", 20: "asking the API"}},
		"one": {one, map[int]string{
			80: longID + " processing, waiting for 1m30s", 60: "rpt_YZN4lixbtMWYKhdDpupTRuvQv… processing, waiting for 1m30s",
			45: "rpt_YZN4lixbtM… processing, waiting for 1m30s", 35: "processing, waiting for 1m30s", 20: "processing", 5: "proc…",
		}},
		"late": {late, map[int]string{
			90: longID + " processing, waiting for 1m30s, gives up in 30s", 48: "processing, waiting for 1m30s, gives up in 30s",
			35: "processing, waiting for 1m30s",
		}},
		"refused": {refused, map[int]string{
			80: "rpt_1 not seen yet, waiting for 1m30s: connection refused", 35: "not seen yet, waiting for 1m30s",
		}},
		"three": {three, map[int]string{
			140: "0 of 3 done, 1 receiving 3.csv, 1 processing, 1 pending,  25% ██░░░░░░░░ 1.0 of 4.0 kB,    500 B/s, 6s to go, waiting for 1m30s",
			80:  "0 of 3 done,  25% ██░░░░░░░░ 1.0 of 4.0 kB, 6s to go, waiting for 1m30s",
			60:  "0 of 3 done,  25% ██░░░░░░░░, 6s to go, waiting for 1m30s", 35: "0 of 3 done,  25%, 6s to go", 20: "0 of 3 done,  25%",
		}},
		"resumed": {resumed, map[int]string{
			80: "april.csv  83% ████████░░ 2.5 of 3.0 GB,  50.0 MB/s, 10s to go",
			60: "april.csv  83% ████████░░ 2.5 of 3.0 GB, 10s to go",
			40: "april.csv  83% ████████░░, 10s to go", 35: "april.csv  83%, 10s to go", 20: " 83%, 10s to go", 5: " 83%",
		}},
		"many": {many, map[int]string{
			120: " 12 of 300 done, 2 receiving (f, …), 2 processing, 284 to come,  50% █████░░░░░ 1.0 of 2.0 kB, waiting for 1m30s",
			60:  " 12 of 300 done,  50% █████░░░░░, waiting for 1m30s", 35: " 12 of 300 done,  50%", 22: " 12 of 300 done,  50%",
		}},
		"ready": {ready, map[int]string{
			80: "rpt_1 succeeded, took 12s, file to come, waiting for 1m30s", 45: "succeeded, took 12s, waiting for 1m30s",
		}},
		"unknown size": {unknown, map[int]string{80: "1   1.5 kB", 12: "1   1.5 kB"}},
		"hostile": {hostile, map[int]string{
			80: "rpt_東[2J 東[2J 東[2J 東[2J 東[2J 東[2J … pending [31m, waiting for 1m30s", 20: "pending [31m",
		}},
		"more than all": {whole, map[int]string{80: "1.csv 100% ██████████ 70 of 60 B"}},
	} {
		t.Run(name, func(t *testing.T) {
			for width, want := range test.want {
				got := test.s.line(now, width, false, term.UnicodeGlyphs)
				if got != want || term.Width(got) > width {
					t.Errorf("in %d columns: got %q, want %q", width, got, want)
				}
				if coloured := test.s.line(now, width, true, term.UnicodeGlyphs); term.Bare(coloured) != want {
					t.Errorf("in %d columns: %q", width, coloured)
				}
			}
			if beat := test.s.heartbeat(now); name == "ready" && beat != "rpt_1 succeeded, took 12s, file to come, waiting for 1m30s" {
				t.Errorf("heartbeat %q", beat)
			}
		})
	}
}

// TestWhatStaysOnATerminal plays a run at a terminal: notes, results and ends stay, the line goes.
func TestWhatStaysOnATerminal(t *testing.T) {
	e := newEmulator(t, 100)
	log, screen := e.open(Options{Palette: true})
	p := New(log, EachChange)
	log.Note("before")
	p.Begin(3, time.Now().Add(time.Hour))
	for i := range 3 {
		p.Polled(report(fmt.Sprintf("rpt_%d", i), charge.Pending), 0)
	}
	e.last(`^. 0 of 3 done, 3 pending, waiting for \d+s$`)
	p.PollFailed("rpt_1", outage("rpt_1"), time.Second)
	_, err := io.WriteString(screen.Rows(), "rpt_0  succeeded\n")
	check(t, err)
	p.Ended("rpt_0", "", false, nil)
	e.last(`^. 1 of 3 done, 2 pending`)
	p.Receiving("rpt_1", "1.csv", 10, 20)
	e.last(`1 receiving 1.csv, 1 pending,  50% █████░░░░░ 10 of 20 B, waiting for \d+s$`)
	log.Problem(Problem{Text: "why", Hints: []string{"do this"}})
	e.last(`50%`)
	p.Close(t.Context())
	p.Polled(report("rpt_2", charge.Processing), 0)
	log.Note("after")
	e.last("^after$")
	want := []string{"before", "could not poll rpt_1: the API answered 503; trying again in 1s", "rpt_0  succeeded", "chargectl: why", "hint: do this",
		"1 of 3 reports succeeded, waited for under 1s", "after"}
	if diff := cmp.Diff(want, e.lines()); diff != "" {
		t.Error(diff)
	}
}

// TestAShortRunDrawsNothing: a line that is gone at once only flickers.
func TestAShortRunDrawsNothing(t *testing.T) {
	for range 3 { // on a machine that is busy even this may take longer than a frame
		e := newEmulator(t, 100)
		log, _ := e.open(Options{})
		began := time.Now()
		p := New(log, EachChange)
		p.Begin(1, time.Time{})
		p.Polled(succeeded("rpt_1"), time.Second)
		p.Ended("rpt_1", "", false, nil)
		p.Close(t.Context())
		short := time.Since(began) < firstFrame
		e.still()
		log.Note("after")
		e.last("^after$")
		if short {
			if got := e.written(); got != "after\r\n" {
				t.Errorf("drew %q", got)
			}
			return
		}
	}
	t.Skip("the machine is too busy")
}

// TestEndsAreLinesAboveTheLive, also where results go elsewhere.
func TestEndsAreLinesAboveTheLive(t *testing.T) {
	e := newEmulator(t, 100)
	screen := term.NewScreen(term.Streams{Out: io.Discard, Err: e.tty, ErrTTY: true, Width: 100}, nil)
	p := New(NewLog(screen, Options{Lively: true}), EachChange)
	p.Begin(4, time.Time{})
	p.Polled(succeeded("rpt_1"), time.Hour)
	p.Polled(report("rpt_2", charge.Pending), 0)
	p.Ended("rpt_1", "", false, nil)
	p.Receiving("rpt_3", "3.csv", 2000, 2000)
	p.Ended("rpt_3", "3.csv", false, nil)
	p.Ended("rpt_4", "4.csv", true, nil)
	e.last("^. 3 of 4 done, 1 pending")
	p.Close(t.Context())
	want := []string{"rpt_1 succeeded, took 12s", "3.csv: 2.0 kB", "4.csv is already there", "3 of 4 files: 2 new, 1 already there, 2.0 kB in under 1s"}
	e.until("the end", func(lines []string) bool { return cmp.Equal(want, lines) })
}

// TestTheLineFollowsItsWindow: the width is that of the moment, a line that was wrapped anew is erased whole, and what is
// above it stays.
func TestTheLineFollowsItsWindow(t *testing.T) {
	e := newEmulator(t, 100)
	log, _ := e.open(Options{})
	p := New(log, EachChange)
	log.Note("before")
	p.Begin(1, time.Now().Add(time.Hour))
	p.Polled(report(longID, charge.Pending), time.Second)
	for _, window := range []struct {
		width int
		line  string
	}{
		{100, longID + ` pending, waiting for \d+s`}, {60, `rpt_YZN4\w+… pending, waiting for \d+s`}, {40, `pending, waiting for \d+s`},
		{20, `pending`}, {140, longID + ` pending, waiting for \d+s`}, {20, `pending`},
	} {
		e.resize(window.width)
		e.last("^. " + window.line + "$")
		if lines := e.lines(); len(lines) != 2 || lines[0] != "before" {
			t.Errorf("%d columns: %q", window.width, lines)
		}
	}
	p.Close(t.Context())
	e.until("the end", func(lines []string) bool { return cmp.Equal(lines, []string{"before"}) })
}

// TestResultsEndTheLine, wherever they go: the reader of a pipe may write to the terminal at any time. From then on plain
// lines tell what the line did.
func TestResultsEndTheLine(t *testing.T) {
	for name, write := range map[string]func(*term.Screen) io.Writer{"document": (*term.Screen).Stdout, "rows": (*term.Screen).Rows} {
		t.Run(name, func(t *testing.T) {
			e := newEmulator(t, 100)
			streams := term.System(e.tty, e.tty, e.tty)
			streams.OutTTY, streams.OutPipe = false, true // and what reads it is this terminal
			screen := term.NewScreen(streams, nil)
			p := New(NewLog(screen, Options{Lively: true}), EachChange)
			p.Begin(2, time.Time{})
			e.last("^. 0 of 2 done")
			_, err := io.WriteString(write(screen), "a,b\n")
			check(t, err)
			p.Polled(report("rpt_1", charge.Processing), time.Second)
			e.last("^rpt_1 processing$")
			p.Close(t.Context())
			if diff := cmp.Diff([]string{"a,b", "rpt_1 processing"}, e.lines()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAPanicLeavesTheTerminalInOrder.
func TestAPanicLeavesTheTerminalInOrder(t *testing.T) {
	e := newEmulator(t, 100)
	log, _ := e.open(Options{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		p := New(log, EachChange)
		defer p.Close(t.Context())
		p.Begin(1, time.Time{})
		e.last("asking")
		var nobody *Progress
		nobody.Start()
	}()
	e.until("an empty screen", func(lines []string) bool { return len(lines) == 0 })
}

// TestCloseLeavesAStoppedTerminalBehind: somebody pressed Ctrl-S, so that every write blocks. What Close left behind is
// written once the terminal goes on.
func TestCloseLeavesAStoppedTerminalBehind(t *testing.T) {
	e := newEmulator(t, 100)
	log, _ := e.open(Options{})
	p := New(log, EachChange)
	p.Begin(2, time.Time{})
	p.Ended("rpt_1", "", false, nil)
	e.last("1 of 2 done")
	e.hold()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	p.Close(ctx)
	if ctx.Err() == nil {
		t.Error("the terminal was not stopped")
	}
	e.press(ctrlQ)
	e.last("1 of 2 reports succeeded")
}

// TestALineGoesOnAfterItWasHeld: Ctrl-S, and Ctrl-Q.
func TestALineGoesOnAfterItWasHeld(t *testing.T) {
	e := newEmulator(t, 100)
	log, _ := e.open(Options{})
	p := New(log, EachChange)
	p.Begin(2, time.Time{})
	e.last("0 of 2 done")
	e.hold()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Ended("rpt_1", "", false, nil)
		log.Note("a note")
	}()
	e.press(ctrlQ)
	<-ended
	e.last("^. 1 of 2 done")
	p.Close(t.Context())
	e.until("the note", func(lines []string) bool { return len(lines) == 2 && lines[0] == "a note" })
}
