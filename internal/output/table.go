package output

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	gap    = "  " // between columns
	indent = "  " // of what goes on in the next line
)

// column is a column of a table as it is shown.
type column struct {
	index int // of the cell in its row
	width int // of the widest text, or what is left of it
	floor int // it is not cut below this
	kind  CellKind
	same  bool // every row has the same text, which can be told once
}

// table writes rows with a header, aligned, in the terminal's width: where not all columns fit, what is the same in every
// row is told above the table, then the least telling columns go, then texts are cut; where that does not do, each row
// is a record. A pipe and JSON always have all. No rows are no table.
func (o *Output) table(headers []string, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	lines := [][]string{headers}
	for _, row := range rows {
		lines = append(lines, o.shown(row.Cells))
	}
	var b strings.Builder
	columns, told, ok := fit(columnsOf(rows[0].Cells, lines), o.screen.Width-1)
	if !ok {
		if slices.ContainsFunc(rows[0].Cells, sentence) { // what is beside it is short, and says little without its header
			o.flow(&b, rows[0].Cells, headers)
		}
		for i, row := range rows {
			o.flow(&b, row.Cells, lines[i+1])
		}
		return write(o.screen.Stdout(), []byte(b.String()))
	}
	for _, col := range told {
		if text := lines[1][col.index]; text != "" {
			b.WriteString(o.options.Palette.Paint(term.Bold, headers[col.index]+":") + " " + text + "\n")
		}
	}
	for i, line := range lines {
		for n, col := range columns {
			text := o.options.Glyphs.Shorten(line[col.index], col.width)
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

// flow writes a row as a record: its texts one after the other, in as many lines as that takes, all but the first
// indented. A path is not cut, nor is a sentence, which has its own lines.
func (o *Output) flow(b *strings.Builder, cells []Cell, texts []string) {
	room, used := o.screen.Width-1, 0
	for i, text := range texts {
		if text == "" {
			continue
		}
		if sentence(cells[i]) {
			b.WriteString("\n" + indent + strings.Join(term.Wrap(text, room-len(indent)), "\n"+indent))
			used = room
			continue
		}
		if cells[i].Kind != PathCell {
			text = o.options.Glyphs.Shorten(text, max(1, room-len(indent)))
		}
		before := gap
		switch {
		case i == 0:
			before = ""
		case used+len(gap)+term.Width(text) > room:
			before, used = "\n"+indent, 0
		}
		b.WriteString(before + o.colour(cells[i], text))
		used += len(gap) + term.Width(text)
	}
	b.WriteByte('\n')
}

func sentence(c Cell) bool { return c.Kind == SentenceCell }

// card writes one row as lines of key: value, all that has a value; values go on below themselves, broken between words.
func (o *Output) card(keys []string, cells []Cell) error {
	width := 0
	for _, key := range keys {
		width = max(width, term.Width(key))
	}
	var b strings.Builder
	for i, c := range cells {
		text := o.human(c)
		if n, err := strconv.ParseInt(c.Text, 10, 64); c.Kind == BytesCell && err == nil && n >= 1000 {
			text += " (" + c.Text + " bytes)"
		}
		if c.Kind == InstantCell && !c.Time.IsZero() {
			text = c.Text + " (" + text + ")"
		}
		if text == "" {
			continue
		}
		label := term.Line(keys[i]) + ":"
		b.WriteString(o.options.Palette.Paint(term.Bold, label) + strings.Repeat(" ", max(1, width+2-term.Width(label))))
		lines := []string{text}
		if c.Kind != PathCell {
			lines = term.Wrap(text, max(20, o.screen.Width-1-width-2))
		}
		for n, line := range lines {
			if n > 0 {
				b.WriteString(strings.Repeat(" ", width+2))
			}
			if c.Kind == StatusCell {
				line = o.colour(c, line)
			}
			b.WriteString(line + "\n")
		}
	}
	return write(o.screen.Stdout(), []byte(b.String()))
}

// live is a row at a terminal on its own, without a table around it.
func (o *Output) live(r Row) []byte {
	var b strings.Builder
	o.flow(&b, r.Cells, o.shown(r.Cells))
	return []byte(b.String())
}

// shown gives the texts of a row's cells for a terminal, none wider than it but paths.
func (o *Output) shown(cells []Cell) (texts []string) {
	for _, c := range cells {
		text := o.human(c)
		if c.Kind != PathCell && !sentence(c) {
			text = o.options.Glyphs.Shorten(text, o.screen.Width)
		}
		texts = append(texts, text)
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
			return charge.FormatBytes(n)
		}
	case PathCell:
		return term.Clean(c.Text)
	}
	return term.Line(c.Text)
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

// columnsOf measures the columns. Ids, names and paths are there to be copied, a status is nothing without its word:
// their floors are as long as they get.
func columnsOf(cells []Cell, lines [][]string) []column {
	floors := map[CellKind]int{PlainCell: 12, StatusCell: 16, IDCell: 40}
	const longest = 40 // of what can be told above
	columns := make([]column, len(cells))
	for i, c := range cells {
		floor, cut := floors[c.Kind]
		if !cut {
			floor = math.MaxInt
		}
		columns[i] = column{index: i, floor: floor, kind: c.Kind, same: true}
		for n, line := range lines {
			columns[i].width = max(columns[i].width, term.Width(line[i]))
			columns[i].same = columns[i].same && (n == 0 || line[i] == lines[1][i])
		}
		columns[i].same = columns[i].same && columns[i].width <= longest
	}
	return columns
}

// fit makes the columns fit the room, and gives those that are told above the table. ok is false where they cannot.
func fit(columns []column, room int) (left, told []column, ok bool) {
	for {
		total, least, once, spare, widest := -len(gap), -len(gap), 0, 0, -1
		for i, c := range columns {
			total += c.width + len(gap)
			least += min(c.width, c.floor) + len(gap)
			switch { // the first column tells what the others are about
			case i > 0 && c.kind == PlainCell && c.same && (once == 0 || c.width > columns[once].width):
				once = i
			case i > 0 && (c.kind == InstantCell || c.kind == BytesCell):
				spare = i
			}
			if c.width > c.floor && (widest < 0 || c.width > columns[widest].width) {
				widest = i
			}
		}
		switch {
		case total <= room:
			return columns, told, true
		case once > 0:
			told = append(told, columns[once])
			columns = slices.Delete(columns, once, once+1)
		case least > room && spare > 0:
			columns = slices.Delete(columns, spare, spare+1)
		case least > room:
			return nil, nil, false
		default:
			columns[widest].width--
		}
	}
}
