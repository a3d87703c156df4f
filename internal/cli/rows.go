package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
)

var reportColumns = []string{"ID", "STATUS", "PERIOD", "TYPE", "FLEET", "CREATED", "SIZE"}

// reportRow is a report in a list: at a terminal its period in short, piped both instants in RFC 3339.
func reportRow(r charge.Report) output.Row {
	size := strconv.FormatInt(r.Size, 10)
	covered := r.Parameters
	return output.Row{
		Object: r.Raw,
		Cells: []output.Cell{
			{Text: r.ID, Kind: output.IDCell},
			{Text: string(r.Status), Kind: output.StatusCell},
			{Text: period.Period{Start: covered.Start, End: covered.End}.Label()},
			{Text: covered.Type},
			{Text: r.Fleet},
			{Text: instant(r.Created), Kind: output.InstantCell, Time: r.Created},
			{Text: size, Kind: output.BytesCell},
		},
		Plain: []output.Cell{
			{Text: r.ID},
			{Text: string(r.Status), Kind: output.StatusCell},
			{Text: covered.Type},
			{Text: r.Fleet},
			{Text: instant(covered.Start)},
			{Text: instant(covered.End)},
			{Text: instant(r.Created)},
			{Text: size},
		},
	}
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

// document encodes a result of our own, which always can be.
func document(v any) json.RawMessage {
	text, _ := json.Marshal(v)
	return text
}

// listAll prints the items of all pages, up to limit where it is not 0, and says when more exist.
func listAll[T any](app *App, sheet *output.Sheet, pages iter.Seq2[[]T, error], row func(T) output.Row, limit int) error {
	shown := 0
	for page, err := range pages {
		if err != nil {
			return err
		}
		for _, item := range page {
			if limit > 0 && shown == limit {
				app.Log().Note(fmt.Sprintf("more exist; --limit %d shows the first %d", limit, limit))
				return sheet.Close()
			}
			if err := sheet.Add(row(item)); err != nil {
				return err
			}
			shown++
		}
	}
	return sheet.Close()
}
