// Package term is what terminals and streams can do: what is known of the three streams, colour, text made safe to show,
// and the Screen, the one door to standard output and standard error. It is not for what is written (packages output and
// progress) nor for when.
//
// The protocol of the Screen: standard output and standard error are often the same terminal, so there is one live line,
// the last thing on the terminal. Whatever else is written erases it first and has it drawn again below, in one write.
// Results end it for good before their first byte, but for rows that others follow. The first result that cannot be
// written is remembered, so that no command that went on can end well.
package term

import (
	"cmp"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

const eraseLine, lineUp = "\r\x1b[K", "\x1b[A" // ECMA-48

// Screen writes everything that a run prints. Its methods are safe for several goroutines.
type Screen struct {
	Streams

	turn    chan struct{} // holds a token while somebody writes, who alone has drawn
	gaveUp  chan struct{} // closed once nobody waits for a turn any more
	drawn   string        // the live line as it stands on the terminal; empty for none
	ended   atomic.Bool   // no live line is drawn any more
	failure atomic.Value  // an error; empty for none
	failed  func(error)   // nil where nobody is told
}

// NewScreen makes the way to both streams. failed, where it is not nil, is called with the first result that could not be
// written, by whoever writes.
func NewScreen(s Streams, failed func(error)) *Screen {
	s.Width = cmp.Or(s.Width, unknownWidth)
	return &Screen{Streams: s, turn: make(chan struct{}, 1), gaveUp: make(chan struct{}), failed: failed}
}

// take waits for the turn. Where it is false, after GiveUp, whoever has it is stuck, and only the stream may be touched.
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

// Write puts whole lines on stderr, above the live line. It never fails: there is no other place to complain.
func (s *Screen) Write(lines []byte) (int, error) {
	text := string(lines)
	if s.take() {
		defer s.leave()
		text = s.erasure() + text + s.drawn
	}
	_, _ = io.WriteString(s.Err, text)
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
		if w.failure.CompareAndSwap(nil, err) && w.failed != nil {
			w.failed(err)
		}
	}
	return n, err
}

// Failure is the first result that could not be written, nil when all could: a KindOutput error.
func (s *Screen) Failure() error {
	err, _ := s.failure.Load().(error)
	return err
}

// errReaderGone is in errors of standard output alone: a broken network ends in the same error number.
var errReaderGone = errors.New("the reader of standard output went away")

// IsClosedPipe reports whether a result could not be written because nobody reads any more, which ends a command quietly.
func IsClosedPipe(err error) bool { return errors.Is(err, errReaderGone) }

func unwritable(err error) error {
	e := charge.Errorf(charge.KindOutput, "standard output could not be written: %w", err)
	number, _ := errors.AsType[syscall.Errno](err)
	gone, full := []syscall.Errno{syscall.EPIPE}, []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG}
	if runtime.GOOS == "windows" { // ERROR_BROKEN_PIPE, ERROR_NO_DATA; ERROR_HANDLE_DISK_FULL, ERROR_DISK_FULL
		gone, full = []syscall.Errno{109, 232}, []syscall.Errno{39, 112}
	}
	switch {
	case slices.Contains(gone, number), errors.Is(err, io.ErrClosedPipe):
		e.Err = errors.Join(errReaderGone, err)
	case slices.Contains(full, number):
		e.Hint = "make room on the disk that standard output is written to"
	default:
		e.Hint = "send standard output to a place that can be written"
	}
	return e
}

// Line is the writer of the live line: each write that shows something takes the place of the one before. One that only
// erases is left out: here the widths of the text and of the window are known. Colours stay where the palette has any.
func (s *Screen) Line(p Palette) io.Writer { return liveLine{s, p} }

type liveLine struct {
	*Screen
	palette Palette
}

func (l liveLine) Write(p []byte) (int, error) {
	text := strings.Trim(string(p), "\r")
	bare := Bare(text)
	if !l.palette {
		text = bare
	}
	if strings.TrimSpace(bare) == "" || !l.take() {
		return len(p), nil
	}
	defer l.leave()
	if !l.ended.Load() {
		_, _ = io.WriteString(l.Err, l.erasure()+text)
		l.drawn = text
	}
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
