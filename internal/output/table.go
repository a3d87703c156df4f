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
	width int // of the widest text, or what is left of it
	floor int // it is not cut below this
	spare int // where not all can be shown, those with the highest number go first; those with 0 stay
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
	return write(o.screen.Stdout(), []byte(b.String()))
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
func (o *Output) shown(cells []Cell) (texts []string) {
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
// are as long as they get. What stands beside a path belongs to it, and wraps with it.
func columnsOf(cells []Cell, lines [][]string) []column {
	floors := map[CellKind]int{PlainCell: 8, BytesCell: 8, InstantCell: 10, StatusCell: 16, IDCell: 40, PathCell: math.MaxInt}
	spares := map[CellKind]int{PlainCell: 2, BytesCell: 1, InstantCell: 1}
	if slices.ContainsFunc(cells, func(c Cell) bool { return c.Kind == PathCell }) {
		clear(spares)
	}
	columns := make([]column, len(cells))
	for i, c := range cells {
		columns[i] = column{index: i, floor: floors[c.Kind]}
		if i > 0 { // the first tells what the others are about
			columns[i].spare = spares[c.Kind]
		}
		for _, line := range lines {
			columns[i].width = max(columns[i].width, term.Width(line[i]))
		}
	}
	return columns
}

// fit leaves out the least telling columns where not all can be shown, even cut, and takes width from whichever is widest
// above its floor until a line fits. A line that wraps in any case is not cut too. A pipe and JSON always have all.
func fit(columns []column, room int) []column {
	for {
		total, least, spare, widest := -len(gap), -len(gap), 0, -1
		for i, c := range columns {
			total += c.width + len(gap)
			least += min(c.width, c.floor) + len(gap)
			if c.spare > 0 && c.spare >= columns[spare].spare {
				spare = i
			}
			if c.width > c.floor && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		switch {
		case total <= room, least > room && spare == 0:
			return columns
		case least > room:
			columns = slices.Delete(columns, spare, spare+1)
		default:
			columns[widest].width--
		}
	}
}
