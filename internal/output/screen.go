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
	frame    []string
	frozen   bool
}

func newScreen(s Streams) *screen { return &screen{out: s.Out, err: s.Err, shared: s.OutTTY} }

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

// show replaces the frame; the lines must be narrower than the terminal. The first frame hides the cursor.
func (s *screen) show(frame []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.frozen {
		return
	}
	erasure := s.erasure()
	if len(s.frame) == 0 && len(frame) > 0 {
		erasure = []byte(hideCursor)
	}
	s.frame = frame
	_, _ = s.err.Write(slices.Concat(erasure, s.drawing()))
}

// clear takes the frame away and gives the cursor back.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.frame) == 0 {
		return
	}
	_, _ = s.err.Write(slices.Concat(s.erasure(), []byte(showCursor)))
	s.frame = nil
}

// freeze ends all frames.
func (s *screen) freeze() {
	s.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frozen = true
}

// erasure leaves the cursor where the frame began.
func (s *screen) erasure() []byte {
	if len(s.frame) == 0 {
		return nil
	}
	return []byte(eraseLine + strings.Repeat(lineUp+eraseLine, len(s.frame)-1))
}

func (s *screen) drawing() []byte { return []byte(strings.Join(s.frame, "\n")) }
