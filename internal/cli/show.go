package cli

import (
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

// show prints a result of our own: the text, or the value as JSON where that was asked.
func (a *App) show(text string, v any) error {
	if a.Out().Structured() || a.format.template != "" {
		return a.Out().Document(v)
	}
	return a.Out().Text(text)
}

// collect prints rows as they are added, and ends the sheet whatever happens.
func fillSheet(sheet *output.Sheet, rows func(add func(output.Row) error) error) error {
	if err := rows(sheet.Add); err != nil {
		return err
	}
	return sheet.Close()
}

var reportColumns = []string{"ID", "STATUS", "TYPE", "FLEET", "START", "END", "CREATED", "SIZE"}

// reportRow is a report in a list: piped, one line of the same columns with RFC 3339 times.
func reportRow(r charge.Report) output.Row {
	return output.Row{Object: r.Raw, Cells: []output.Cell{
		{Text: r.ID, Kind: output.IDCell},
		{Text: string(r.Status), Kind: output.StatusCell},
		{Text: r.Parameters.Type},
		{Text: r.Fleet, Kind: output.IDCell},
		{Text: instant(r.Parameters.Start)},
		{Text: instant(r.Parameters.End)},
		{Text: instant(r.Created), Kind: output.InstantCell, Time: r.Created},
		{Text: strconv.FormatInt(r.Size, 10), Kind: output.BytesCell},
	}}
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return charge.FormatInstant(t)
}

// statusRow is what wait says of a report: its id and its last status.
func statusRow(id string, status charge.Status, object []byte) output.Row {
	return output.Row{Object: object, Cells: []output.Cell{
		{Text: id, Kind: output.IDCell}, {Text: string(status), Kind: output.StatusCell},
	}}
}

// lineRow is a line of one value: an id or a path.
func lineRow(value string, kind output.CellKind, object []byte) output.Row {
	return output.Row{Object: object, Cells: []output.Cell{{Text: value, Kind: kind}}}
}
