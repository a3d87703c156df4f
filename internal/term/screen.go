// Package term is what terminals and streams can do: what is known of the three streams, colour, text made safe to show,
// and the Screen, the one door to standard output and standard error.
//
// It is not for what is written (packages output and progress) nor for when. Text of a server never moves a cursor or adds a
// line once it has been through Clean, Line or Field.
//
// The protocol of the Screen: standard output and standard error are often the same terminal, so there is one live line,
// the last thing on the terminal. Whatever else is written erases it first and has it drawn again below, in one write.
// Results end it for good before their first byte, but for rows that others follow. The first result that cannot be
// written is remembered, so that no command that went on can end well.
package term

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// Control sequences (ECMA-48).
const (
	eraseLine = "\r\x1b[K"
	lineUp    = "\x1b[A"
)

// Screen writes everything that a run prints. Its methods are safe for several goroutines.
type Screen struct {
	Streams

	turn    chan struct{} // holds a token while somebody writes, who alone has drawn
	gaveUp  chan struct{} // closed once nobody waits for a turn any more
	drawn   string        // the live line as it stands on the terminal; empty for none
	ended   atomic.Bool   // no live line is drawn any more
	failure atomic.Pointer[error]
	failed  func(error)
}

// NewScreen makes the way to both streams. failed is called with the first result that could not be written, by whoever
// writes; nil tells nobody.
func NewScreen(s Streams, failed func(error)) *Screen {
	if failed == nil {
		failed = func(error) {}
	}
	if s.Width <= 0 {
		s.Width = unknownWidth
	}
	return &Screen{Streams: s, turn: make(chan struct{}, 1), gaveUp: make(chan struct{}), failed: failed}
}

// take waits for the turn. It is false once GiveUp was called and whoever has the turn does not end: then only the stream
// itself may be touched.
func (s *Screen) take() bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
	}
	select {
	case s.turn <- struct{}{}:
		return true
	case <-s.gaveUp:
		return false
	}
}

func (s *Screen) leave() { <-s.turn }

// GiveUp lets later writes pass one that is stuck: the run ends, and its last lines matter more.
func (s *Screen) GiveUp() { close(s.gaveUp) }

// Write puts whole lines on stderr, above the live line. Their loss is nobody's concern: there is no other place to
// complain.
func (s *Screen) Write(lines []byte) (int, error) {
	if !s.take() {
		_, _ = s.Err.Write(lines)
		return len(lines), nil
	}
	defer s.leave()
	_, _ = io.WriteString(s.Err, s.erasure()+string(lines)+s.drawn)
	return len(lines), nil
}

// Stdout is standard output for what ends a run: a table, a document, a text. The live line ends before its first byte,
// wherever standard output leads.
func (s *Screen) Stdout() io.Writer { return stdout{s, true} }

// Rows is standard output for rows that others follow. The live line goes on below them at a terminal and beside them
// in a file; it ends where standard output is a pipe, because nobody knows when its reader writes to the terminal.
func (s *Screen) Rows() io.Writer { return stdout{s, s.OutPipe} }

type stdout struct {
	*Screen
	ends bool // the live line
}

// Write remembers the first failure.
func (w stdout) Write(p []byte) (int, error) {
	if w.take() {
		defer w.leave()
		if w.ends {
			w.endLine()
		}
		if w.OutTTY && w.drawn != "" {
			_, _ = io.WriteString(w.Err, w.erasure())
			defer func() { _, _ = io.WriteString(w.Err, w.drawn) }()
		}
	}
	n, err := w.Out.Write(p)
	if err != nil {
		err = unwritable(err)
		if w.failure.CompareAndSwap(nil, &err) {
			w.failed(err)
		}
	}
	return n, err
}

// Failure is the first result that could not be written, nil when all could: a KindOutput error. IsClosedPipe tells the
// one that ends a command quietly.
func (s *Screen) Failure() error {
	if err := s.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// closedPipe is made here alone, where standard output is written: a broken network ends in the same error number.
type closedPipe struct{ error }

func (c closedPipe) Unwrap() error { return c.error }

// IsClosedPipe reports whether a result could not be written because the reader of standard output went away.
func IsClosedPipe(err error) bool {
	_, ok := errors.AsType[closedPipe](err)
	return ok
}

func unwritable(err error) error {
	e := charge.Errorf(charge.KindOutput, "standard output could not be written: %w", err)
	number, known := errors.AsType[syscall.Errno](err)
	switch {
	case known && readerGone(number), errors.Is(err, io.ErrClosedPipe):
		e.Err = closedPipe{err}
	case known && diskFull(number):
		e.Hint = "make room on the disk that standard output is written to"
	default:
		e.Hint = "send standard output to a place that can be written"
	}
	return e
}

// Line is the writer of the live line: each write that shows something takes the place of the one before, in one write;
// one that shows nothing is left out, because erasing is done here, where the width of the text and of the window are
// known. Colours stay where the palette has any.
func (s *Screen) Line(p Palette) io.Writer { return liveLine{s, p} }

type liveLine struct {
	*Screen
	palette Palette
}

func (l liveLine) Write(p []byte) (int, error) {
	text := strings.Trim(string(p), "\r")
	if bare := Bare(text); strings.TrimSpace(bare) == "" {
		return len(p), nil
	} else if !l.palette {
		text = bare
	}
	if !l.take() {
		return len(p), nil
	}
	defer l.leave()
	if l.ended.Load() {
		return len(p), nil
	}
	erasure := l.erasure()
	l.drawn = text
	_, _ = io.WriteString(l.Err, erasure+text)
	return len(p), nil
}

// EndLine takes the live line away for good.
func (s *Screen) EndLine() {
	if s.take() {
		defer s.leave()
		s.endLine()
	}
}

// LineEnded reports whether the live line has ended, so that what it would show needs a line of its own.
func (s *Screen) LineEnded() bool { return s.ended.Load() }

func (s *Screen) endLine() {
	s.ended.Store(true)
	if s.drawn != "" {
		_, _ = io.WriteString(s.Err, s.erasure())
		s.drawn = ""
	}
}

// erasure leaves the cursor where the live line began. In a window that has become narrower it takes several rows:
// terminals wrap anew what is on them.
func (s *Screen) erasure() string {
	if s.drawn == "" {
		return ""
	}
	rows := max(0, Width(Bare(s.drawn))-1) / max(1, s.Columns())
	return eraseLine + strings.Repeat(lineUp+eraseLine, rows)
}
