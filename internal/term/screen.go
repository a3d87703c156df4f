package output

import (
	"io"
	"slices"
	"strings"
	"sync"
)

// Control sequences (ECMA-48; DECTCEM for the cursor).
const (
	hideCursor = "\x1b[?25l"
	showCursor = "\x1b[?25h"
	eraseLine  = "\r\x1b[K"
	lineUp     = "\x1b[A"
)

// screen is the one door to stderr, and to stdout where that is the same terminal: whatever is said erases the frame
// that is being animated, is written, and the frame is drawn again below it, in one write.
type screen struct {
	mu       sync.Mutex
	out, err io.Writer
	shared   bool // stdout is a terminal too, presumably the same one
	measure  func() (columns, lines int)
	frame    []string
	frozen   bool
}

func newScreen(s Streams) *screen {
	return &screen{out: s.Out, err: s.Err, shared: s.OutTTY, measure: s.size}
}

// size is the terminal as it is now, as far as it is known.
func (s Streams) size() (columns, lines int) {
	if s.Measure != nil {
		columns, lines = s.Measure()
	}
	if columns <= 0 {
		columns = s.Width
	}
	return columns, lines
}

// Write puts whole lines on stderr. Their loss is nobody's concern: there is no other place to complain.
func (s *screen) Write(lines []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.err.Write(slices.Concat(s.erasure(), lines, s.drawing()))
	return len(lines), nil
}

// result writes to stdout.
func (s *screen) result(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.shared || len(s.frame) == 0 {
		_, err := s.out.Write(p)
		return err
	}
	_, _ = s.err.Write(s.erasure())
	_, err := s.out.Write(p)
	_, _ = s.err.Write(s.drawing())
	return err
}

// show replaces the frame; the lines must be narrower than the terminal. The cursor is hidden for no longer than the
// one write takes, so that a run that is killed leaves it visible.
func (s *screen) show(frame []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen {
		return
	}
	erasure := s.erasure()
	s.frame = frame
	_, _ = s.err.Write(slices.Concat([]byte(hideCursor), erasure, s.drawing(), []byte(showCursor)))
}

// clear takes the frame away.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frame) == 0 {
		return
	}
	_, _ = s.err.Write(s.erasure())
	s.frame = nil
}

// freeze ends all frames.
func (s *screen) freeze() {
	s.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
}

// erasure leaves the cursor where the frame began. In a window that has become narrower a line takes several rows:
// terminals wrap anew what is on them.
func (s *screen) erasure() []byte {
	if len(s.frame) == 0 {
		return nil
	}
	width, _ := s.measure()
	rows := 0
	for _, line := range s.frame {
		rows += 1 + max(0, columns(bare(line))-1)/max(1, width)
	}
	return []byte(eraseLine + strings.Repeat(lineUp+eraseLine, rows-1))
}

// bare is a line of a frame without its colours.
func bare(line string) string {
	var b strings.Builder
	for {
		text, rest, coloured := strings.Cut(line, "\x1b[")
		b.WriteString(text)
		if !coloured {
			return b.String()
		}
		_, line, _ = strings.Cut(rest, "m")
	}
}

func (s *screen) drawing() []byte { return []byte(strings.Join(s.frame, "\n")) }
