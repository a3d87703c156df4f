package progress

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/briandowns/spinner"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	redrawEvery  = 100 * time.Millisecond
	barWidth     = 10
	shortestName = 12
	// echo is the room that a terminal needs to show ^C without wrapping the line.
	echo = 2
)

// newLine is the live line: it draws itself on stderr until it is stopped, and summary gives what it says, in so many
// columns, under its lock. The cursor is never hidden, so that whatever ends a run leaves it visible.
func newLine(screen *term.Screen, p term.Palette, summary func(width int) string) *spinner.Spinner {
	glyphs := slices.Clone(spinner.CharSets[14])
	for i, glyph := range glyphs {
		glyphs[i] = p.Paint(term.Cyan, glyph)
	}
	s := spinner.New(glyphs, redrawEvery)
	s.Writer, s.HideCursor = screen.Line(p), false
	if file, ok := screen.Err.(*os.File); ok {
		s.WriterFile = file // it starts only where this is a terminal
	}
	s.PreUpdate = func(s *spinner.Spinner) {
		const glyph = 2 // columns, with the space behind it
		s.Suffix = " " + summary(screen.Columns()-1-echo-glyph)
	}
	return s
}

// part is a piece of the live line. Where there is not enough room, parts go by rank, the highest first; those of rank
// 0 stay.
type part struct {
	text string
	rank int
}

// line says in so many columns what is waited for, how far it is, how long it took and how long is left.
func (s *state) line(width int, p term.Palette) string {
	return s.lineAt(time.Now(), width, p)
}

func (s *state) lineAt(now time.Time, width int, p term.Palette) string {
	label, status, parts := "", "", []part(nil)
	open, arriving := s.listed(), s.arriving()
	alone := len(open) == 1 && s.total() == 1
	switch {
	case s.total() == 0, s.items == 1 && s.done == 0 && len(open) == 0:
		parts = []part{{"asking the API", 0}, {" for", 4}, {" " + span(now.Sub(s.began)), 1}}
	case alone && len(arriving) == 1:
		label = filepath.Base(term.Line(arriving[0].path))
	case alone:
		label, status = name(open[0].id), statusWord(open[0].status)
		parts = []part{{status, 0}, {" after", 4}, {" " + span(open[0].age(now)), 1}}
		if open[0].status == charge.Succeeded {
			parts = append(parts, part{", file to come", 5})
		}
	default:
		parts = []part{{s.finished(), 0}, {s.counts(), 9}, {" after", 4}, {" " + span(now.Sub(s.began)), 1}}
	}
	if len(arriving) > 0 {
		parts = append(parts, transferOf(arriving, now).parts()...)
	}
	parts = append(parts, part{s.remaining(now), 3})
	text := fit(parts, width)
	if room := width - term.Width(text) - 1; label != "" && room >= min(shortestName, term.Width(label)) {
		text = term.Shorten(label, room) + " " + text
	}
	return strings.Replace(text, status, p.Status(status, status), min(1, len(status)))
}

// parts are the numbers of a transfer with its bar. The percentage outlives the bar.
func (t transfer) parts() []part {
	if t.size <= 0 {
		return []part{{", " + size(t.bytes), 0}, {t.speed(), 7}}
	}
	done := float64(min(t.bytes, t.size)) / float64(t.size)
	full := int(done * barWidth)
	return []part{
		{fmt.Sprintf(", %2d%%", int(done*100)), 0},
		{" " + strings.Repeat("█", full) + strings.Repeat("░", barWidth-full), 6},
		{" " + size(t.bytes), 5}, {t.of(), 7}, {t.speed(), 8}, {t.toGo(), 2},
	}
}

// fit joins the parts that there is room for.
func fit(parts []part, width int) string {
	for {
		text, dropped := "", -1
		for i, p := range parts {
			text += p.text
			if p.rank > 0 && (dropped < 0 || p.rank >= parts[dropped].rank) {
				dropped = i
			}
		}
		text = strings.TrimLeft(text, ", ")
		if term.Width(text) <= width || dropped < 0 {
			return term.Shorten(text, width)
		}
		parts = slices.Delete(parts, dropped, dropped+1)
	}
}
