package output

import (
	"strings"

	"github.com/chargectl/chargectl/internal/term"
)

// tabbed is a row for a pipe: one line, columns apart by tabs, no value able to add either. A path is its own bytes, so
// that what is printed names the file; a value that is alone on its line needs no escapes to be told from the layout.
func (o *Output) tabbed(r Row) []byte {
	cells := r.Plain
	if cells == nil {
		cells = r.Cells
	}
	fields := make([]string, 0, len(cells))
	for _, c := range cells {
		var text string
		switch {
		case c.Kind == PathCell:
			text = term.Path(c.Text)
		case len(cells) == 1:
			text = term.Clean(c.Text)
		case c.Kind == StatusCell: // a person who asked for colour gets it in a pipe too
			text = o.options.Palette.Status(c.Text, term.Field(c.Text))
		default:
			text = term.Field(c.Text)
		}
		fields = append(fields, text)
	}
	return []byte(strings.Join(fields, "\t") + "\n")
}
