package output

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/briandowns/spinner"
)

const frameEvery = 100 * time.Millisecond

// spin redraws the frame until the returned function is called. The spinner gives the glyphs and the rhythm and
// draws nowhere: its own erasing measures text in bytes against the terminal on stdin, so it would take lines
// that were meant to stay, and it cannot share stderr with notes.
func (p *Progress) spin() (stop func()) {
	s := spinner.New(spinner.CharSets[14], frameEvery)
	s.Writer = io.Discard
	s.HideCursor = false
	s.PostUpdate = func(s *spinner.Spinner) { p.paint(glyph(s.LastOutput)) }
	if file, ok := p.output.streams.Err.(*os.File); ok {
		s.WriterFile = file // it starts only where this is a terminal
		s.Start()
	}
	return func() {
		s.Stop()
		p.output.screen.clear()
	}
}

// glyph takes the colour away that the spinner decides on by itself.
func glyph(drawn string) string {
	drawn = strings.TrimPrefix(drawn, "\r")
	if _, rest, ok := strings.Cut(drawn, "m"); ok && strings.HasPrefix(drawn, "\x1b[") {
		drawn, _, _ = strings.Cut(rest, "\x1b")
	}
	return drawn
}

// paint draws one frame.
func (p *Progress) paint(glyph string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	o := p.output
	width, lines := o.streams.size()
	o.screen.show(lowest(p.board.frame(glyph, time.Now(), width-echo, o.err), lines-1))
}

// echo is the room that a terminal needs to show ^C without wrapping the frame's last line.
const echo = 2

// lowest are the last n lines, all where n is not known: what scrolled out of a window cannot be erased.
func lowest(frame []string, n int) []string {
	if n < 1 {
		return frame
	}
	return frame[max(0, len(frame)-n):]
}
