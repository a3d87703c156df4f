package output

import "strings"

// tabbed is a row for a pipe: one line, columns apart by tabs, no value able to add either.
func (o *Output) tabbed(r Row) []byte {
	cells := r.Plain
	if cells == nil {
		cells = r.Cells
	}
	fields := make([]string, 0, len(cells))
	for _, c := range cells {
		fields = append(fields, o.piped(c))
	}
	return []byte(strings.Join(fields, "\t") + "\n")
}

// piped is a cell in a pipe, where only a person who asked for colour gets any, and only on the status.
func (o *Output) piped(c Cell) string {
	if c.Kind == StatusCell {
		return o.out.status(c.Text, field(c.Text))
	}
	return field(c.Text)
}
