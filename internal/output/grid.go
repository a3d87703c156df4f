package output

import (
	"fmt"
	"strings"

	"github.com/chargectl/chargectl/internal/term"
)

// GridState is one of the states that an item of a grid can have. Its mark tells it where there is no colour.
type GridState struct {
	Word  string     // in the legend, such as missing
	Mark  string     // one column wide, of ASCII or of what Glyphs.Text knows
	Color term.Color // may be empty
}

// Grid is a picture of many items: what they are of goes down, their periods go across.
type Grid struct {
	Noun    string      // what items are: a plural that ends in s
	States  []GridState // in the order of the legend
	Columns []string    // names of periods, the oldest first
	Rows    []GridRow
	Below   []string // what is to be told of single items
}

// GridRow is one line of a grid.
type GridRow struct {
	Name  string
	Cells []int // for each column the index of a state, or NoItem
}

// NoItem is a place of a grid where there is no item.
const NoItem = -1

const (
	leastName    = 20 // columns that a name keeps before the names of periods are cut to their last letter
	shortestName = 12 // columns that a name keeps before the oldest period is left out
)

// Grid draws a grid for a terminal: as many periods as its width has room for, the latest ones, and what is left out in
// words. Errors are KindOutput.
func (o *Output) Grid(g Grid) error {
	text := g.draw(o.screen.Width-1, o.options.Palette, o.options.Glyphs)
	return write(o.screen.Stdout(), []byte(text))
}

// draw is the grid in so many columns: a header, a line for each row, what had no room, the legend with totals.
func (g Grid) draw(width int, p term.Palette, glyphs term.Glyphs) string {
	longest := 0
	for _, row := range g.Rows {
		longest = max(longest, term.Width(term.Line(row.Name)))
	}
	room, from := width-len(gap), 0
	header := newGridHeader(g.Columns, false)
	if header.width+min(longest, leastName) > room {
		header = newGridHeader(g.Columns, true)
	}
	for header.width+min(longest, shortestName) > room && from < len(g.Columns)-1 {
		from++
		header = newGridHeader(g.Columns[from:], true)
	}
	names := max(1, min(longest, room-header.width))
	var b strings.Builder
	for _, line := range header.lines {
		b.WriteString(strings.Repeat(" ", names) + gap + p.Paint(term.Bold, line) + "\n")
	}
	counts, hidden := make([]int, len(g.States)), make([]int, len(g.States))
	for _, row := range g.Rows {
		name := glyphs.ShortenMiddle(term.Line(row.Name), names)
		b.WriteString(name + strings.Repeat(" ", names-term.Width(name)) + gap)
		for n, state := range row.Cells {
			if state != NoItem {
				counts[state]++
			}
			if state != NoItem && n < from {
				hidden[state]++
			}
		}
		g.marks(&b, row.Cells[from:], header, p, glyphs)
		b.WriteByte('\n')
	}
	if from > 0 {
		told := g.Columns[0]
		if from > 1 {
			told += " to " + g.Columns[from-1]
		}
		g.sum(&b, "no room for "+told, hidden, width, p, glyphs)
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	noun := g.Noun
	if total == 1 {
		noun = strings.TrimSuffix(noun, "s")
	}
	g.sum(&b, fmt.Sprintf("%d %s", total, noun), counts, width, p, glyphs)
	for _, text := range g.Below {
		b.WriteString(strings.Join(term.Wrap(glyphs.Text(term.Line(text)), width-len(indent)), "\n"+indent) + "\n")
	}
	return b.String()
}

// marks writes a row's marks below its header. Neighbours of one state are painted together.
func (g Grid) marks(b *strings.Builder, cells []int, h gridHeader, p term.Palette, glyphs term.Glyphs) {
	run, last := "", NoItem
	for n, state := range cells {
		run += strings.Repeat(" ", h.before[n])
		if state == NoItem {
			run += " "
			continue
		}
		if last != NoItem && state != last {
			marks := strings.TrimRight(run, " ")
			b.WriteString(p.Paint(g.States[last].Color, marks))
			run = run[len(marks):]
		}
		run, last = run+glyphs.Text(g.States[state].Mark), state
	}
	if last != NoItem {
		b.WriteString(p.Paint(g.States[last].Color, strings.TrimRight(run, " ")))
	}
}

// sum writes how many items have which state, with the marks, in lines that are not broken between a mark and its word.
func (g Grid) sum(b *strings.Builder, what string, counts []int, width int, p term.Palette, glyphs term.Glyphs) {
	lines := term.Wrap(what+":", width-len(indent))
	used := term.Width(lines[len(lines)-1])
	if len(lines) > 1 {
		used += len(indent)
	}
	b.WriteString(strings.Join(lines, "\n"+indent))
	for i, n := range counts {
		if n == 0 {
			continue
		}
		s := g.States[i]
		mark, text := glyphs.Text(s.Mark), fmt.Sprintf(" %d %s", n, s.Word)
		if used+len(gap)+1+len(text) > width {
			b.WriteString("\n")
			used = 0
		}
		b.WriteString(gap + p.Paint(s.Color, mark) + text)
		used += len(gap) + 1 + len(text)
	}
	b.WriteByte('\n')
}

// gridHeader is the names of a grid's columns in one or two lines, and where the columns stand below them.
type gridHeader struct {
	lines  []string
	before []int // blank columns before each mark
	width  int
}

// newGridHeader writes what neighbours have in common, such as a year, once above them. Tight columns have the last
// letter of their names alone.
func newGridHeader(columns []string, tight bool) (h gridHeader) {
	var above, below string
	last, grouped := "", false
	for i, column := range columns {
		group, own := splitName(column, tight)
		if tight {
			own = own[len(own)-1:]
		}
		space := 0
		if i > 0 && !tight {
			space = 1
		}
		if group != last {
			if grouped = true; i > 0 { // the name of a short group needs more room than its columns
				space = max(1, len(above)+1-len(below))
			}
			above += strings.Repeat(" ", max(0, len(below)+space-len(above))) + group
			last = group
		}
		below += strings.Repeat(" ", space) + own
		h.before = append(h.before, space+len(own)-1)
	}
	h.width = max(len(above), len(below))
	if grouped {
		h.lines = append(h.lines, above)
	}
	if below != "" {
		h.lines = append(h.lines, below)
	}
	return h
}

// splitName parts the name of a period from what it has in common with its neighbours: 2026-04-15, 2026-W14. A year by
// itself has its decade, where only its last letter is shown. The names of what the calendar has no name for are whole.
func splitName(name string, tight bool) (group, own string) {
	const longest = len("2026-04-15")
	at := strings.LastIndexByte(name, '-')
	switch {
	case len(name) > longest:
	case at > 0:
		return name[:at], name[at+1:]
	case tight && len(name) == len("2026"):
		return name[:3] + "0s", name
	}
	return "", name
}
