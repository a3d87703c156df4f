package output

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

const (
	barWidth     = 24
	shortestName = 12
)

// frame is what a terminal shows of the board: a line per waiting item or one summary, then the files that arrive.
func (b *board) frame(glyph string, now time.Time, width int, p palette) []string {
	var lines []string
	waiting, arriving := b.waiting(), b.arriving()
	head := p.paint("cyan", glyph) + " "
	room := width - 1 - columns(glyph+" ")
	switch {
	case b.each:
		return append(b.active(now, width, p), head+shorten(b.summary(now), room))
	case b.total() > fewItems:
		lines = append(lines, head+shorten(b.summary(now), room))
	case len(waiting) > 0:
		for _, it := range waiting {
			text := shorten(name(it.id)+" "+it.standing(now)+b.remaining(now), room)
			lines = append(lines, head+it.coloured(text, p))
		}
	case len(arriving) == 0:
		lines = append(lines, head+shorten("asking the API for "+span(now.Sub(b.began))+b.remaining(now), room))
	}
	return append(lines, b.files(arriving, now, width-1)...)
}

// active is a line per item under way, files that arrive first, as many as leave the terminal to its owner.
func (b *board) active(now time.Time, width int, p palette) []string {
	var lines []string
	for _, it := range slices.Concat(b.arriving(), b.waiting()) {
		if len(lines) == activeItems {
			break
		}
		if it.receiving() {
			lines = append(lines, it.file(now, width-1))
			continue
		}
		text := name(it.id) + " " + it.covers + " " + it.standing(now)
		lines = append(lines, it.coloured(shorten(text, width-1), p))
	}
	return lines
}

// coloured colours the status word of a line that has been measured already.
func (it *item) coloured(text string, p palette) string {
	word := statusWord(it.status)
	return strings.Replace(text, " "+word+" ", " "+p.status(string(it.status), word)+" ", 1)
}

// files is the bar of one file, or a line that adds several up.
func (b *board) files(arriving []*item, now time.Time, room int) []string {
	switch len(arriving) {
	case 0:
		return nil
	case 1:
		return []string{arriving[0].file(now, room)}
	default:
		return []string{shorten(fmt.Sprintf("receiving %d files: %s", len(arriving), transfer(arriving, now)), room)}
	}
}

// file is name, bar and numbers of a file that is arriving. Where there is no room for all of them the numbers stay,
// the bar gets narrower, and then the name shorter.
func (it *item) file(now time.Time, room int) string {
	const around = len(" 100% || ")
	numbers := transfer([]*item{it}, now)
	left := room - columns(numbers) - around
	label := shorten(name(it.id), max(shortestName, left-narrowest))
	drawn := bar(it.bytes, it.size, min(barWidth, left-columns(label)))
	return shorten(label+drawn+" "+numbers, room)
}

// bar draws with progressbar; numbers and times are ours, because its own count a resumed file's first bytes as
// received in this run. Nothing is drawn of a file whose size nobody said, nor where there is no room.
func bar(done, size int64, width int) string {
	if size <= 0 || width < 1 {
		return ""
	}
	drawn := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(width),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetRenderBlankState(true),
	)
	_ = drawn.Set64(min(max(0, done), size))
	return " " + strings.TrimSpace(drawn.String())
}
