package output

import (
	"bytes"

	"github.com/chargectl/chargectl/internal/term"
)

// tabbed writes a row for a pipe: one line, columns apart by tabs, no value able to add either. A path is its own bytes, so
// that what is printed names the file; a value that is alone on its line needs no escapes to be told from the layout.
func (o *Output) tabbed(b *bytes.Buffer, r Row) {
	cells := r.Plain
	if cells == nil {
		cells = r.Cells
	}
	for i, c := range cells {
		if i > 0 {
			b.WriteByte('\t')
		}
		switch {
		case c.Kind == PathCell:
			b.WriteString(term.Path(c.Text))
		case len(cells) == 1:
			b.WriteString(term.Clean(c.Text))
		case c.Kind == StatusCell: // a person who asked for colour gets it in a pipe too
			b.WriteString(o.options.Palette.Status(c.Text, term.Field(c.Text)))
		default:
			b.WriteString(term.Field(c.Text))
		}
	}
	b.WriteByte('\n')
}
