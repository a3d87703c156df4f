package output

import (
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Progress shows what happens while it happens, in the way that fits stderr: a frame that is redrawn at a terminal,
// lines and heartbeats elsewhere, JSON lines with LogJSON, nothing with Quiet. It satisfies the observer that
// package reports declares. Close must be called on every end.
type Progress struct {
	output *Output
	voice  voice

	mu      sync.Mutex
	board   *board
	reasons reasons
	started bool
	closed  bool
	stop    func() // ends the movement or the heartbeat
}

// Progress returns a new one, which is silent until the first event.
func (o *Output) Progress() *Progress {
	p := &Progress{output: o, board: newBoard(time.Now()), stop: func() {}}
	p.voice = o.voice()
	return p
}

// BriefProgress returns one that says a line per item that has ended, for runs over many.
func (o *Output) BriefProgress() *Progress {
	p := o.Progress()
	if all, ok := p.voice.(speaker); ok {
		p.voice = brief{all}
	}
	p.board.each = true
	return p
}

// voice says events; it is called under Progress's lock, with what changed and the board as it then is.
type voice interface {
	begin(b *board, now time.Time)
	created(r charge.Report)
	status(it *item, b *board, now time.Time)
	lookFailed(it *item, again time.Duration)
	receiving(it *item)
	ended(id, path string, skipped bool, err error, b *board)
	heartbeat(b *board, now time.Time)
}

func (o *Output) voice() voice {
	switch {
	case o.options.Quiet:
		return nil
	case o.log != nil:
		return recorder{o}
	default:
		return speaker{o}
	}
}

// tell runs say under the lock, after the movement or the heartbeat has started; it does nothing when nobody
// listens or all is over.
func (p *Progress) tell(say func(v voice, now time.Time)) {
	if p.voice == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.start()
	say(p.voice, time.Now())
}

func (p *Progress) start() {
	if p.started {
		return
	}
	p.started = true
	if p.output.animated() {
		p.stop = p.spin()
	} else {
		p.stop = p.beat()
	}
}

// Start shows that the run is alive before there is anything to tell: at a terminal the frame appears at once.
func (p *Progress) Start() { p.tell(func(voice, time.Time) {}) }

// Begin says how many items there are and when the deadline is; a zero deadline is none.
func (p *Progress) Begin(items int, deadline time.Time) {
	p.tell(func(v voice, now time.Time) {
		p.board.items, p.board.deadline, p.board.began = items, deadline, now
		v.begin(p.board, now)
	})
}

// Created says that the server has the report, before the first look at it.
func (p *Progress) Created(r charge.Report) {
	p.tell(func(v voice, now time.Time) {
		v.created(r)
		p.board.looked(r, r.Age(), now)
	})
}

// Polled gives what a request showed of a report; a line is written only when the status is another one.
func (p *Progress) Polled(r charge.Report, elapsed time.Duration) {
	p.tell(func(v voice, now time.Time) {
		if it, changed := p.board.looked(r, elapsed, now); changed {
			v.status(it, p.board, now)
		}
	})
}

// PollFailed says that a request for a report failed for a reason that may pass; a line is written only when the reason is another.
func (p *Progress) PollFailed(id string, err error, again time.Duration) {
	p.tell(func(v voice, now time.Time) {
		reason := reasonOf(err)
		it := &item{id: id}
		if id != "" {
			it = p.board.at(id, "")
		}
		repeated := id != "" && it.reason == reason
		it.reason = reason
		if !repeated && p.reasons.news(reason, now) {
			v.lookFailed(it, again)
		}
	})
}

// Receiving gives the bytes on disk of a file that is arriving; size is -1 when nobody said it.
func (p *Progress) Receiving(id, path string, done, size int64) {
	p.tell(func(v voice, now time.Time) {
		if p.board.received(id, path, done, size, now) {
			v.receiving(p.board.at(id, path))
		}
	})
}

// Ended says that an item is over: nil for what was asked, the error otherwise.
func (p *Progress) Ended(id, path string, skipped bool, err error) {
	p.tell(func(v voice, _ time.Time) {
		p.board.end(id, path)
		v.ended(id, path, skipped, err, p.board)
	})
}

// Notice says something that a person should know and that changes nothing.
func (p *Progress) Notice(text string) { p.output.Note(text) }

// Close ends all movement and gives the cursor back. Events that come later are not shown. It may be called again,
// and from any goroutine.
func (p *Progress) Close() {
	p.mu.Lock()
	stop := p.stop
	p.closed, p.stop = true, func() {}
	p.mu.Unlock()
	stop() // outside the lock: it waits for a frame that may be waiting for the lock
}
