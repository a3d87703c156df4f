package output

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
)

const barWidth = 24

// frame is what a terminal shows of the board: a line per waiting item or one summary, then the files that arrive.
func (b *board) frame(glyph string, now time.Time, width int, p palette) []string {
	var lines []string
	waiting, arriving := b.waiting(), b.arriving()
	switch {
	case b.total() > fewItems:
		lines = append(lines, glyph+" "+b.summary(now))
	case len(waiting) > 0:
		for _, it := range waiting {
			lines = append(lines, glyph+" "+name(it.id)+" "+it.state(now)+b.remaining(now))
		}
	case len(arriving) == 0:
		lines = append(lines, glyph+" "+span(now.Sub(b.began))+b.remaining(now))
	}
	lines = append(lines, b.files(arriving, now)...)
	for i, text := range lines {
		lines[i] = shorten(text, width-1)
	}
	return colourWords(lines, waiting, p)
}

// files is the bar of one file, or a line that adds several up.
func (b *board) files(arriving []*item, now time.Time) []string {
	switch len(arriving) {
	case 0:
		return nil
	case 1:
		it := arriving[0]
		return []string{name(it.id) + bar(it.bytes, it.size) + " " + transfer(arriving, now)}
	default:
		return []string{fmt.Sprintf("receiving %d files: %s", len(arriving), transfer(arriving, now))}
	}
}

// bar draws with progressbar; numbers and times are ours, because its own count a resumed file's first bytes as
// received in this run. Nothing is drawn of a file whose size nobody said.
func bar(done, size int64) string {
	if size <= 0 {
		return ""
	}
	drawn := progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(io.Discard),
		progressbar.OptionSetWidth(barWidth),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetSpinnerChangeInterval(0),
		progressbar.OptionSetRenderBlankState(true),
	)
	_ = drawn.Set64(min(max(0, done), size))
	return " " + strings.TrimSpace(drawn.String())
}

// colourWords colours the status words after the lines were measured.
func colourWords(lines []string, waiting []*item, p palette) []string {
	for i, it := range waiting {
		if i < len(lines) {
			word := " " + statusWord(it.status) + " after "
			lines[i] = strings.Replace(lines[i], word, " "+p.status(string(it.status), strings.TrimSuffix(word[1:], " after "))+" after ", 1)
		}
	}
	return lines
}
