package output

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/chargectl/chargectl/internal/term"
)

const (
	gap       = "  "
	longestID = 40 // a prefix, an underscore and 32 characters, with room to grow
	narrowest = 8  // a column is not squeezed below this

	longestStatus = 16
	shortestTime  = 10 // 3 minutes…
)

// table writes rows with a header, aligned and cut to the terminal's width; no rows are no table.
func (o *Output) table(headers []string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	lines := [][]string{headers}
	for _, row := range rows {
		lines = append(lines, o.shown(row.Cells))
	}
	kept := roomFor(rows[0].Cells, natural(lines), o.screen.Width-1)
	for i := range lines {
		lines[i] = pick(lines[i], kept)
	}
	widths := fit(lines, firm(pick(rows[0].Cells, kept)), o.screen.Width-1)
	var b strings.Builder
	writeRow(&b, lines[0], widths, func(_ int, text string) string { return o.options.Palette.Paint(term.Bold, text) })
	for i, row := range rows {
		shown := pick(row.Cells, kept)
		writeRow(&b, lines[i+1], widths, func(col int, text string) string { return o.colour(shown[col], text) })
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
			return humanize.RelTime(c.Time, o.options.Now(), "ago", "from now")
		}
	case BytesCell:
		if n, err := strconv.ParseInt(c.Text, 10, 64); err == nil {
			return humanize.Bytes(uint64(max(0, n)))
		}
	case PathCell:
		return term.Clean(c.Text)
	}
	return term.Shorten(term.Line(c.Text), o.screen.Width)
}

func (o *Output) colour(c Cell, text string) string {
	switch c.Kind {
	case StatusCell:
		return o.options.Palette.Status(c.Text, text)
	case InstantCell:
		return o.options.Palette.Paint(term.Dim, text)
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

// firm gives the width below which each column must not be cut: ids and paths are there to be copied, a status is
// nothing without its word.
func firm(cells []Cell) []int {
	floors := make([]int, len(cells))
	for i, c := range cells {
		switch c.Kind {
		case IDCell:
			floors[i] = longestID
		case PathCell:
			floors[i] = math.MaxInt
		case StatusCell:
			floors[i] = longestStatus
		case InstantCell:
			floors[i] = shortestTime
		default:
			floors[i] = narrowest
		}
	}
	return floors
}

// natural is how wide the widest text of each column is.
func natural(lines [][]string) []int {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, text := range line[:min(len(line), len(widths))] {
			widths[i] = max(widths[i], term.Width(text))
		}
	}
	return widths
}

// roomFor gives the columns that are shown: where all of them cannot be, even cut, the least telling are left out.
// A pipe and JSON always have them.
func roomFor(cells []Cell, widths []int, width int) (kept []int) {
	floors := firm(cells)
	for i := range widths {
		kept = append(kept, i)
	}
	for {
		spare := expendable(cells, kept)
		if least(pick(widths, kept), pick(floors, kept)) <= width || spare < 0 {
			return kept
		}
		kept = slices.Delete(kept, spare, spare+1)
	}
}

// least is the width of a line whose columns are all cut to their floors.
func least(widths, floors []int) int {
	sum := len(gap) * (len(widths) - 1)
	for i, w := range widths {
		sum += min(w, floors[i])
	}
	return sum
}

// expendable is where in kept the next column to leave out is: the last plain one, then the last size or time. What
// stands beside a path is said of it, and wraps with it.
func expendable(cells []Cell, kept []int) int {
	if slices.ContainsFunc(cells, func(c Cell) bool { return c.Kind == PathCell }) {
		return -1
	}
	for _, kinds := range [][]CellKind{{PlainCell}, {BytesCell, InstantCell}} {
		for at, i := range slices.Backward(kept) {
			if at > 0 && slices.Contains(kinds, cells[i].Kind) {
				return at
			}
		}
	}
	return -1
}

func pick[T any](row []T, kept []int) []T {
	picked := make([]T, 0, len(kept))
	for _, i := range kept {
		picked = append(picked, row[i])
	}
	return picked
}

// fit gives every column its widest text, then takes columns away from whichever is widest above its floor until the
// line fits. A line that wraps in any case is not cut too.
func fit(lines [][]string, floors []int, width int) []int {
	widths := natural(lines)
	if least(widths, floors) > width {
		return widths
	}
	for least(widths, widths) > width {
		widths[widestAbove(widths, floors)]--
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
		text = term.Shorten(text, widths[i])
		b.WriteString(colour(i, text))
		if i < len(widths)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-term.Width(text)) + gap)
		}
	}
	b.WriteByte('\n')
}
