package output

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/chargectl/chargectl/internal/term"
)

const gap = "  " // between columns

// column is a column of a table as it is shown.
type column struct {
	index int // of the cell in its row
	kind  CellKind
	width int // of the widest text, or what is left of it
	floor int // it is not cut below this
}

// table writes rows with a header, aligned and cut to the terminal's width; no rows are no table.
func (o *Output) table(headers []string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	lines := [][]string{headers}
	for _, row := range rows {
		lines = append(lines, o.shown(row.Cells))
	}
	columns := fit(columnsOf(rows[0].Cells, lines), o.screen.Width-1)
	var b strings.Builder
	for i, line := range lines {
		for n, col := range columns {
			text := term.Shorten(line[col.index], col.width)
			room := col.width - term.Width(text)
			if i == 0 {
				text = o.options.Palette.Paint(term.Bold, text)
			} else {
				text = o.colour(rows[i-1].Cells[col.index], text)
			}
			b.WriteString(text)
			if n < len(columns)-1 { // nothing trails, and no colour is in the padding
				b.WriteString(strings.Repeat(" ", room) + gap)
			}
		}
		b.WriteByte('\n')
	}
	return o.write([]byte(b.String()))
}

// live is a row at a terminal on its own, without a table around it.
func (o *Output) live(r Row) []byte {
	texts := o.shown(r.Cells)
	for i, c := range r.Cells {
		texts[i] = o.colour(c, texts[i])
	}
	return []byte(strings.Join(texts, gap) + "\n")
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

// columnsOf measures the columns. Ids and paths are there to be copied, a status is nothing without its word: their floors
// are as long as they get.
func columnsOf(cells []Cell, lines [][]string) []column {
	floors := map[CellKind]int{PlainCell: 8, BytesCell: 8, InstantCell: 10, StatusCell: 16, IDCell: 40, PathCell: math.MaxInt}
	columns := make([]column, len(cells))
	for i, c := range cells {
		columns[i] = column{index: i, kind: c.Kind, floor: floors[c.Kind]}
		for _, line := range lines {
			columns[i].width = max(columns[i].width, term.Width(line[i]))
		}
	}
	return columns
}

// fit leaves out the least telling columns where not all can be shown, even cut, and takes width from whichever is widest
// above its floor until a line fits. A line that wraps in any case is not cut too. A pipe and JSON always have all.
func fit(columns []column, room int) []column {
	for least(columns) > room {
		spare := expendable(columns)
		if spare < 0 {
			return columns
		}
		columns = slices.Delete(columns, spare, spare+1)
	}
	for {
		total, widest := -len(gap), -1
		for i, c := range columns {
			total += c.width + len(gap)
			if c.width > c.floor && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		if total <= room || widest < 0 {
			return columns
		}
		columns[widest].width--
	}
}

// least is the width of a line whose columns are all cut to their floors.
func least(columns []column) int {
	sum := -len(gap)
	for _, c := range columns {
		sum += min(c.width, c.floor) + len(gap)
	}
	return sum
}

// expendable is the next column to leave out: the last plain one, then the last size or time, never the first. What
// stands beside a path belongs to it, and wraps with it.
func expendable(columns []column) int {
	if slices.ContainsFunc(columns, func(c column) bool { return c.kind == PathCell }) {
		return -1
	}
	for _, kinds := range [][]CellKind{{PlainCell}, {BytesCell, InstantCell}} {
		for i, c := range slices.Backward(columns) {
			if i > 0 && slices.Contains(kinds, c.kind) {
				return i
			}
		}
	}
	return -1
}
