// Package progress is what stderr is told while work goes on, and how a run ended: one live line at a terminal, plain
// lines elsewhere, or JSON lines for collectors. It is the only room with the spinner.
//
// It is not for results (package output), decides nothing about reports and knows no exit code.
//
// At a person's terminal one line moves, and nothing else: what is waited for, how many of how many are done, elapsed and
// left, and while bytes come a bar, bytes, rate and time to go. What stays is a plain line above it: notes, failed
// requests, the end of each item. Without a terminal there is a line per change of a status and a heartbeat every 30 s,
// without a control character.
package progress

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/briandowns/spinner"

	"github.com/chargectl/chargectl/internal/charge"
)

// heartbeatEvery keeps CI systems, which kill a silent step, and people informed without flooding a log.
const heartbeatEvery = 30 * time.Second

// Detail is how much plain lines say of an item.
type Detail int

// The details.
const (
	EachChange Detail = iota // its creation, every status, its end
	EachEnd                  // how it ended, for runs over many
)

// Progress tells what happens while it happens. It satisfies the observers that the rooms of the work declare. Close
// must be called on every end.
type Progress struct {
	log    *Log
	detail Detail
	line   *spinner.Spinner // nil where nothing moves

	// guard is held while state changes and while it is told of. It is the lock of the live line, where there is one, so
	// that the line is drawn from a state that stands still.
	guard  sync.Locker
	state  *state
	told   string    // the last reason of a failed request
	toldAt time.Time // when that was

	begin sync.Once
	over  chan struct{}
	close sync.Once
}

// New makes the progress of a run. It is silent until the first event.
func New(log *Log, detail Detail) *Progress {
	p := &Progress{log: log, detail: detail, guard: &sync.Mutex{}, state: newState(time.Now()), over: make(chan struct{})}
	if o := log.options; o.Lively && !o.JSON && !o.Object && !o.Quiet {
		p.line = newLine(log.screen, o.Palette, func(width int) string { return p.state.line(width, o.Palette) })
		p.guard = p.line
	}
	return p
}

// Start shows that the run is alive before there is anything to tell: at a terminal the line appears at once.
func (p *Progress) Start() {
	if p.log.options.Quiet || p.closed() {
		return
	}
	p.begin.Do(func() {
		if p.line != nil {
			p.line.Start()
		}
		go p.beat()
	})
}

// beat tells every 30 s that the run is alive where no line moves.
func (p *Progress) beat() {
	ticker := time.NewTicker(heartbeatEvery)
	defer ticker.Stop()
	for {
		select {
		case <-p.over:
			return
		case <-ticker.C:
			p.tell(p.heartbeat)
		}
	}
}

func (p *Progress) heartbeat(now time.Time) {
	text := p.state.heartbeat(now)
	if text == "" || p.moving() {
		return
	}
	attrs := append(p.state.leftAttrs(now), p.state.countAttrs()...)
	if open := p.state.listed(); len(open) == 1 {
		attrs = append(attrs, open[0].attrs(now)...)
	}
	p.log.record(slog.LevelInfo, "heartbeat", text, attrs...)
}

// moving reports whether the live line shows what passes.
func (p *Progress) moving() bool { return p.line != nil && !p.log.screen.LineEnded() }

func (p *Progress) closed() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

// tell runs an event under the guard; it does nothing when nobody listens or all is over.
func (p *Progress) tell(event func(now time.Time)) {
	if p.log.options.Quiet || p.closed() {
		return
	}
	p.Start()
	p.guard.Lock()
	defer p.guard.Unlock()
	if !p.closed() {
		event(time.Now())
	}
}

// forPeople is a text that plain lines have only where each change is told.
func (p *Progress) forPeople(text string) string {
	if p.detail == EachEnd && !p.log.options.JSON {
		return ""
	}
	return text
}

// Begin says how many items there are and when the deadline is; a zero deadline is none.
func (p *Progress) Begin(items int, deadline time.Time) {
	p.tell(func(now time.Time) {
		p.state.items, p.state.deadline, p.state.began = items, deadline, now
		p.log.record(slog.LevelInfo, "begin", "", append(p.state.leftAttrs(now), slog.Int("items", items))...)
	})
}

// Created says that the server has the report, before it is first polled. It gives the id alone: what the report is
// about was said when that was resolved.
func (p *Progress) Created(r charge.Report) {
	p.tell(func(now time.Time) {
		p.log.record(slog.LevelInfo, "created", p.forPeople("created "+name(r.ID)),
			slog.String("report", r.ID), slog.String("status", string(r.Status)))
		p.state.looked(r, r.Age(), now)
	})
}

// Polled gives what a poll saw; a line is written only when the status is another one and no live line shows it.
func (p *Progress) Polled(r charge.Report, elapsed time.Duration) {
	p.tell(func(now time.Time) {
		it, changed := p.state.looked(r, elapsed, now)
		if !changed || p.moving() {
			return
		}
		text := name(it.id) + " " + statusWord(it.status) + " after " + span(it.age(now))
		p.log.record(slog.LevelInfo, "status", p.forPeople(text), append(it.attrs(now), p.state.leftAttrs(now)...)...)
	})
}

// PollFailed says that a poll failed for a reason that may pass. One outage is told once, not once per report; again
// when the reason is another, or after a heartbeat's time.
func (p *Progress) PollFailed(id string, err error, again time.Duration) {
	p.tell(func(now time.Time) {
		reason, subject := reasonOf(err), "the reports"
		attrs := []slog.Attr{slog.String("error", reason), milliseconds("retry_ms", again)}
		if id != "" {
			it := p.state.at(id, "")
			repeated := it.reason == reason
			it.reason = reason
			if repeated {
				return
			}
			subject = name(id)
			attrs = append(attrs, slog.String("report", id))
		}
		if reason == p.told && now.Sub(p.toldAt) < heartbeatEvery {
			return
		}
		p.told, p.toldAt = reason, now
		p.log.record(slog.LevelWarn, "look_error", "could not poll "+subject+": "+reason+"; trying again in "+span(again), attrs...)
	})
}

// Receiving gives the bytes on disk of a file that is arriving; size is -1 when nobody said it. Plain lines say nothing of
// it: most files are there at once, and the heartbeat tells of the others.
func (p *Progress) Receiving(id, path string, done, size int64) {
	p.tell(func(now time.Time) {
		if p.state.received(id, path, done, size, now) {
			it := p.state.at(id, path)
			p.log.record(slog.LevelInfo, "receiving", "", append(it.fileAttrs(), slog.String("report", it.id))...)
		}
	})
}

// Ended says that an item is over: nil for what was asked, the error otherwise.
func (p *Progress) Ended(id, path string, skipped bool, err error) {
	p.tell(func(now time.Time) {
		level, text := slog.LevelInfo, endedText(id, path, skipped, err)
		switch {
		case err != nil && p.detail == EachEnd && !ofTheRun(err):
			level, text = slog.LevelWarn, err.Error() // told when it happens: the others may take hours
		case err != nil:
			level = slog.LevelWarn
		case p.moving() && p.log.screen.OutTTY:
			text = "" // the result says so on the same terminal
		case p.moving() && path == "" && p.state.open[id] != nil:
			it := p.state.open[id]
			text = name(id) + " " + statusWord(it.status) + " after " + span(it.age(now))
		}
		p.state.end(id, path)
		attrs := append([]slog.Attr{slog.Bool("skipped", skipped)}, p.state.countAttrs()...)
		for _, fact := range []slog.Attr{slog.String("report", id), slog.String("path", path)} {
			if fact.Value.String() != "" {
				attrs = append(attrs, fact)
			}
		}
		if err != nil {
			attrs = append(attrs, slog.String("error", err.Error()))
		}
		p.log.record(level, "ended", text, attrs...)
	})
}

// ofTheRun tells an error that ended the whole run from one of an item alone.
func ofTheRun(err error) bool {
	switch charge.KindOf(err) {
	case charge.KindInterrupted, charge.KindDeadline, charge.KindAuth:
		return true
	}
	return false
}

// Notice says something that a person should know and that changes nothing.
func (p *Progress) Notice(text string) { p.log.Note(text) }

// Close takes the live line away. Events that come later are not told. It may be called again, and from any goroutine;
// when ctx ends first, it leaves behind a line that is stuck in a write to a terminal that stands still.
func (p *Progress) Close(ctx context.Context) {
	gone := make(chan struct{})
	p.close.Do(func() { close(p.over) })
	go func() {
		defer close(gone)
		if p.line != nil {
			p.line.Stop()
			p.log.screen.EndLine()
		}
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
}
