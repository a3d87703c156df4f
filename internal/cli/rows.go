package cli

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

var reportColumns = []string{"ID", "STATUS", "PERIOD", "TYPE", "FLEET", "CREATED", "SIZE"}

// reportRow is a report in a list: at a terminal its period in short, piped both instants in RFC 3339.
func reportRow(r charge.Report) output.Row {
	id, status := output.Cell{Text: r.ID, Kind: output.IDCell}, output.Cell{Text: string(r.Status), Kind: output.StatusCell}
	kind, fleet, created := r.Parameters.Type, r.Fleet, instant(r.Created)
	start, end, size := r.Parameters.Start, r.Parameters.End, strconv.FormatInt(r.Size, 10)
	return output.Row{
		Object: r.Raw,
		Cells: []output.Cell{
			id, status, {Text: period.Period{Start: start, End: end}.Label()}, {Text: kind}, {Text: fleet},
			{Text: created, Kind: output.InstantCell, Time: r.Created}, {Text: size, Kind: output.BytesCell},
		},
		Plain: []output.Cell{
			id, status, {Text: kind}, {Text: fleet}, {Text: instant(start)}, {Text: instant(end)}, {Text: created}, {Text: size},
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
	row := lineRow(id, output.IDCell, object)
	row.Cells = append(row.Cells, output.Cell{Text: string(status), Kind: output.StatusCell})
	return row
}

// lineRow is a line of one value: an id or a path.
func lineRow(value string, kind output.CellKind, object []byte) output.Row {
	return output.Row{Object: object, Cells: []output.Cell{{Text: value, Kind: kind}}}
}

// savedRow is a file that is there: its path, in JSON with its size in bytes, which is the report's, and the report.
func savedRow(s reports.Saved) output.Row {
	return lineRow(s.Path, output.PathCell, document(struct {
		Path    string          `json:"path"`
		Bytes   int64           `json:"bytes"`
		Skipped bool            `json:"skipped"`
		Report  json.RawMessage `json:"report"`
	}{s.Path, s.Report.Size, s.Skipped, s.Report.Raw}))
}

// document encodes a result of our own, which always can be.
func document(v any) json.RawMessage {
	text, _ := charge.EncodeJSON(v)
	return text
}
