package output

import "strings"

// tabbed is a row for a pipe: one line, columns apart by tabs, no value able to add either.
func (o *Output) tabbed(r Row) []byte {
	fields := make([]string, 0, len(r.Cells))
	for _, text := range r.Plain {
		fields = append(fields, field(text))
	}
	if r.Plain == nil {
		for _, c := range r.Cells {
			fields = append(fields, o.colour(Cell{Text: c.Text, Kind: c.Kind}, field(c.Text)))
		}
	}
	return []byte(strings.Join(fields, "\t") + "\n")
}
