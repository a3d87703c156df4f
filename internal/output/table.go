package output

import (
	"math"
	"strconv"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	gap       = "  "
	ellipsis  = "…"
	longestID = 40 // a prefix, an underscore and 32 characters, with room to grow
	narrowest = 8  // a column is not squeezed below this
)

// ruler measures text in columns the same way on every machine: the package's own default follows the locale.
func ruler() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

func columns(s string) int { return ruler().StringWidth(s) }

// shorten cuts s to at most n columns. The byte cut first keeps a hostile megabyte from being measured at length,
// and bounds text that has no width at all.
func shorten(s string, n int) string {
	const bytesPerColumn = 16 // a letter with a few combining marks
	return ruler().Truncate(charge.Clip(s, max(n, 1)*bytesPerColumn), n, ellipsis)
}

// table writes rows with a header, aligned and cut to the terminal's width; no rows are no table.
func (o *Output) table(headers []string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	cells := make([][]string, 0, len(rows))
	for _, row := range rows {
		cells = append(cells, o.shown(row.Cells))
	}
	widths := fit(append([][]string{headers}, cells...), firm(rows[0].Cells), o.streams.Width-1)
	var b strings.Builder
	writeRow(&b, headers, widths, func(_ int, text string) string { return o.out.paint("bold", text) })
	for i, row := range rows {
		writeRow(&b, cells[i], widths, func(col int, text string) string { return o.colour(row.Cells[col], text) })
	}
	return o.write([]byte(b.String()))
}

// shown gives the texts of a row's cells for a terminal.
func (o *Output) shown(cells []Cell) []string {
	texts := make([]string, 0, len(cells))
	for _, c := range cells {
		texts = append(texts, o.human(c))
	}
	return texts
}

func (o *Output) human(c Cell) string {
	switch c.Kind {
	case InstantCell:
		if !c.Time.IsZero() {
			return ago(o.options.Now(), c.Time)
		}
	case BytesCell:
		if n, err := strconv.ParseInt(c.Text, 10, 64); err == nil {
			return size(n)
		}
	case PathCell:
		return Clean(c.Text)
	}
	return shorten(line(c.Text), o.streams.Width)
}

func (o *Output) colour(c Cell, text string) string {
	switch c.Kind {
	case StatusCell:
		return o.out.status(c.Text, text)
	case InstantCell:
		return o.out.paint("dim", text)
	default:
		return text
	}
}

// live is a row at a terminal on its own, without a table around it.
func (o *Output) live(r Row) []byte {
	texts := o.shown(r.Cells)
	for i, c := range r.Cells {
		texts[i] = o.colour(c, texts[i])
	}
	return []byte(strings.Join(texts, gap) + "\n")
}

// firm gives the width below which each column must not be cut: ids and paths are there to be copied.
func firm(cells []Cell) []int {
	floors := make([]int, len(cells))
	for i, c := range cells {
		switch c.Kind {
		case IDCell:
			floors[i] = longestID
		case PathCell:
			floors[i] = math.MaxInt
		default:
			floors[i] = narrowest
		}
	}
	return floors
}

// fit gives every column its widest text, then takes columns away from whichever is widest above its floor until
// the line fits or nothing is left to take.
func fit(lines [][]string, floors []int, width int) []int {
	widths := make([]int, len(floors))
	for _, line := range lines {
		for i, text := range line[:min(len(line), len(widths))] {
			widths[i] = max(widths[i], columns(text))
		}
	}
	excess := len(gap) * (len(widths) - 1)
	for _, w := range widths {
		excess += w
	}
	for excess -= width; excess > 0; excess-- {
		widest := widestAbove(widths, floors)
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

func widestAbove(widths, floors []int) int {
	widest := -1
	for i, w := range widths {
		if w > floors[i] && (widest < 0 || w > widths[widest]) {
			widest = i
		}
	}
	return widest
}

// writeRow pads outside the colour, so that nothing coloured trails, and leaves the last column unpadded.
func writeRow(b *strings.Builder, texts []string, widths []int, colour func(col int, text string) string) {
	for i, text := range texts[:min(len(texts), len(widths))] {
		text = shorten(text, widths[i])
		b.WriteString(colour(i, text))
		if i < len(widths)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-columns(text)) + gap)
		}
	}
	b.WriteByte('\n')
}
