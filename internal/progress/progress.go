// Package progress writes stderr while work goes on, and how a run ended: one live line at a terminal, plain
// lines elsewhere, or JSON lines for collectors. It is the only package with the spinner. It is not for results (package
// output), decides nothing about reports and knows no exit code.
//
// At a person's terminal one line moves, and nothing else: what is waited for, how many of how many are done, for how long,
// and while bytes come a bar, bytes, rate and time to go. It appears once a run has lasted for as long as a person notices.
// What stays is a plain line above it: notes, failed polls, the end of each item; and after the result, what the run has
// brought. Without a terminal there is a line per change of a status and a heartbeat every 30 s, without a control character.
package progress

import (
	"cmp"
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/briandowns/spinner"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	heartbeatEvery = 30 * time.Second // CI systems kill a silent step; a log is not to be flooded
	redrawEvery    = 100 * time.Millisecond
	firstFrame     = 80 * time.Millisecond // with the start of the program under the 100 ms that seem immediate; shorter runs do not flicker
)

// Detail is how much plain lines tell of an item.
type Detail int

// The details.
const (
	EachChange Detail = iota // its creation, every status, its end
	EachEnd                  // how it ended, for runs over many
	Endless                  // the same, of a run that waits for what nobody foresees: no line moves, and no heartbeat is heard
)

// Progress tells what happens while it happens. It satisfies the observers that the packages of the work declare. Close
// must be called on every end.
type Progress struct {
	log    *Log
	detail Detail
	lively bool // a line moves
	begin  sync.Once
	over   atomic.Bool // after Close

	// line moves where it was started. Its lock guards what follows, also where it was not, and is held while an event is
	// told, so that the line is drawn from a state that stands still.
	line   *spinner.Spinner
	state  state
	told   string    // why polls failed last
	toldAt time.Time // when that was told
	held   string    // how the last file ended, where that is better told after the result
}

// New makes the progress of a run. It is silent until the first event. The cursor is never hidden, so that whatever ends
// the run leaves it visible.
func New(log *Log, detail Detail) *Progress {
	screen, o := log.screen, log.options
	pictures := o.Glyphs.Spinner()
	for i, picture := range pictures {
		pictures[i] = o.Palette.Paint(term.Cyan, picture)
	}
	p := &Progress{log: log, detail: detail, line: spinner.New(pictures, redrawEvery), state: state{began: time.Now()}}
	p.lively = o.Lively && !o.JSON && !o.Object && !o.Quiet && detail != Endless
	p.line.Writer, p.line.HideCursor = screen.Line(o.Palette), false
	if file, ok := screen.Err.(*os.File); ok {
		p.line.WriterFile = file // it starts only where this is a terminal
	}
	p.line.PreUpdate = func(line *spinner.Spinner) {
		const glyph, echo = len("* "), len("^C") // a line that is full would wrap when the terminal shows a key
		line.Suffix = " " + p.state.line(time.Now(), screen.Columns()-1-glyph-echo, o.Palette, o.Glyphs)
	}
	return p
}

// Start shows that the run is alive before there is anything to tell: at a terminal the line appears.
func (p *Progress) Start() {
	if p.over.Load() || p.detail == Endless {
		return
	}
	p.begin.Do(func() {
		if p.lively {
			time.AfterFunc(firstFrame, p.appear)
		}
		time.AfterFunc(heartbeatEvery, p.beat)
	})
}

func (p *Progress) appear() {
	if p.over.Load() {
		return
	}
	if p.line.Start(); p.over.Load() { // Close came between
		p.line.Stop()
	}
}

// beat tells from time to time that the run is alive where no line moves.
func (p *Progress) beat() {
	p.tell(func(now time.Time) {
		if text := p.state.heartbeat(now); text != "" && !p.moving() {
			p.record(slog.LevelInfo, "heartbeat", text, p.state.alone())
		}
		time.AfterFunc(heartbeatEvery, p.beat)
	})
}

// tell runs an event under the lock, and drops it when all is over: then a line that is stuck may have the lock for ever.
func (p *Progress) tell(event func(now time.Time)) {
	if p.Start(); p.over.Load() {
		return
	}
	p.line.Lock()
	defer p.line.Unlock()
	if !p.over.Load() {
		event(time.Now())
	}
}

// moving reports, to an event, whether the live line shows what passes, or soon would.
func (p *Progress) moving() bool { return p.lively && !p.log.screen.LineEnded() }

// record tells of an event with where the run and the item, nil for none, stand.
func (p *Progress) record(level slog.Level, event, text string, it *item, more ...slog.Attr) {
	p.log.record(level, event, text, append(p.state.attrs(it, time.Now()), more...)...)
}

// passing is a text that plain lines have only where each change has one.
func (p *Progress) passing(text string) string {
	if p.detail != EachChange && !p.log.options.JSON {
		return ""
	}
	return text
}

// Begin gives the number of items and the deadline; a zero deadline is none.
func (p *Progress) Begin(items int, deadline time.Time) {
	p.tell(func(now time.Time) {
		p.state.items, p.state.deadline, p.state.began = items, deadline, now
		p.record(slog.LevelInfo, "begin", "", nil)
	})
}

// Created reports that the server has the report, before it is first polled.
func (p *Progress) Created(r charge.Report) {
	p.tell(func(now time.Time) {
		it, _ := p.state.polled(r, r.Age(), now)
		p.record(slog.LevelInfo, "created", p.passing("created "+name(r.ID)), it)
	})
}

// Polled gives what a request showed of a report. Only another status is told, and only where no live line shows it.
func (p *Progress) Polled(r charge.Report, elapsed time.Duration) {
	p.tell(func(now time.Time) {
		if it, changed := p.state.polled(r, elapsed, now); changed && !p.moving() {
			p.record(slog.LevelInfo, "status", p.passing(name(it.id)+" "+it.was()), it)
		}
	})
}

// PollFailed reports that a request for a report failed for a temporary reason. One outage has one line, not one per
// report; again when the reason is another, or after a heartbeat's time.
func (p *Progress) PollFailed(id string, err error, again time.Duration) {
	p.tell(func(now time.Time) {
		var it *item
		reason := term.Line(cmp.Or(charge.AsError(err).Reason, err.Error())) // alone it is the same for each report
		subject, repeated := "the reports", false
		if id != "" {
			it, subject = p.state.at(id, ""), name(id)
			repeated, it.reason = it.reason == reason, reason
		}
		if repeated || reason == p.told && now.Sub(p.toldAt) < heartbeatEvery {
			return
		}
		p.told, p.toldAt = reason, now
		p.record(slog.LevelWarn, "poll_failed", "could not poll "+subject+": "+reason+"; trying again in "+span(again), it,
			slog.String("error", reason), milliseconds("retry_ms", again))
	})
}

// Receiving gives the bytes on disk of a file that is arriving; size is -1 when nobody said it. Plain lines say nothing of
// it: most files are there at once, and the heartbeat tells of the others.
func (p *Progress) Receiving(id, path string, done, size int64) {
	p.tell(func(now time.Time) {
		if it, first := p.state.received(id, path, done, size, now); first {
			p.record(slog.LevelInfo, "receiving", "", it)
		}
	})
}

// Counted gives the records of a file that is complete, without the line that names its columns.
func (p *Progress) Counted(id, path string, rows int64) {
	p.tell(func(time.Time) { p.state.at(id, path).rows = rows })
}

// Files says where the files of the run go, how many should be there at the end, and how many of them need nothing.
func (p *Progress) Files(dir string, wanted, there int) {
	p.tell(func(time.Time) { p.state.dir, p.state.wanted, p.state.there = dir, wanted, there })
}

// Ended reports that an item has ended: with nil if it did what was asked, else with the error. The command's last lines
// tell of errors, once for each cause; of a run without an end they are told when they happen.
func (p *Progress) Ended(id, path string, skipped bool, err error) {
	p.tell(func(now time.Time) {
		it := p.state.end(id, path, skipped, err)
		level, text, more := slog.LevelInfo, "", []slog.Attr{slog.Bool("skipped", skipped)}
		switch kind := charge.KindOf(err); {
		case err != nil:
			level, more = slog.LevelWarn, append(more, slog.String("error", err.Error()))
			ofTheRun := kind == charge.KindInterrupted || kind == charge.KindDeadline || kind == charge.KindAuth
			if p.detail == Endless && !ofTheRun {
				text = err.Error()
			}
		case path != "":
			text = it.filed(skipped)
			if p.moving() && (p.log.screen.OutTTY || p.state.total() == 1) { // the result says that it is there
				p.held, text = text, ""
			} else if p.detail != EachChange && id != "" { // nothing else has told of it
				text += " (" + name(id) + ")"
			}
		case p.moving() && !p.log.screen.OutTTY && it.status != "":
			text = name(id) + " " + it.was()
		}
		p.record(level, "ended", text, it, more...)
		if p.state.done == p.state.total() {
			p.log.screen.EndLine() // nothing is left to wait for
		}
	})
}

// Notice gives one sentence that a person should read and that changes nothing.
func (p *Progress) Notice(text string) { p.log.Note(text) }

// Close takes the live line away and tells what the run has brought; later events are dropped. It may be called again, and
// from any goroutine. When ctx ends first, it leaves behind a line that is stuck in a write to a terminal that stands still.
func (p *Progress) Close(ctx context.Context) {
	first := !p.over.Swap(true)
	gone, done := context.WithCancel(ctx)
	go func() {
		defer done()
		p.line.Stop()
		p.log.screen.EndLine()
		if first {
			p.sum()
		}
	}()
	<-gone.Done()
}

// sum tells what the run has brought. Where nobody watches, a run that has brought nothing says nothing: cron would mail it.
func (p *Progress) sum() {
	p.line.Lock()
	defer p.line.Unlock()
	s := &p.state
	text := s.summary(time.Now())
	switch {
	case max(s.total(), s.wanted) == 1 && p.held != "":
		text = p.held
	case p.detail == Endless, !p.lively && s.files == s.skipped:
		text = ""
	}
	if text != "" {
		p.record(slog.LevelInfo, "summary", text, nil)
	}
}
