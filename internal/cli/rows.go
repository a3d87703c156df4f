package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

const wholeAccount = "whole account"

// reportView shows reports: to people with fleets by name and periods by the calendar of a zone, in a pipe with ids and
// instants.
type reportView struct {
	app  *App
	zone *time.Location // nil for each fleet's own
}

var reportColumns = []string{"ID", "STATUS", "PERIOD", "TYPE", "FLEET", "CREATED", "SIZE"}

// row is a report in a list.
func (v reportView) row(ctx context.Context, r charge.Report) output.Row {
	plain := plainReport(r)
	if !v.app.toPeople() {
		return output.Row{Object: r.Raw, Cells: plain}
	}
	fleet := v.app.named(ctx, r.Fleet, v.app.learnFleets)
	id, status, kind, created, size := plain[0], plain[1], plain[2], plain[6], shownSize(r)
	return output.Row{Object: r.Raw, Plain: plain, Cells: []output.Cell{
		id, status, {Text: v.period(r, fleet), Kind: output.IDCell}, kind, {Text: cmp.Or(fleet.Name, fleet.ID, wholeAccount)}, created, size,
	}}
}

// plainReport is a report as a pipe has it.
func plainReport(r charge.Report) []output.Cell {
	return []output.Cell{
		{Text: r.ID, Kind: output.IDCell}, {Text: string(r.Status), Kind: output.StatusCell}, {Text: r.Parameters.Type}, {Text: r.Fleet},
		{Text: instant(r.Parameters.Start)}, {Text: instant(r.Parameters.End)},
		{Text: instant(r.Created), Kind: output.InstantCell, Time: r.Created}, {Text: strconv.FormatInt(r.Size, 10), Kind: output.BytesCell},
	}
}

// shownSize is the size of a report's file for people, to whom one that is yet to be made has none.
func shownSize(r charge.Report) output.Cell {
	c := output.Cell{Kind: output.BytesCell}
	if r.Size > 0 || r.Status == charge.Succeeded {
		c.Text = strconv.FormatInt(r.Size, 10)
	}
	return c
}

// period is what a report covers: by name in the zone in use, else by name in its fleet's own or in UTC, which is then told,
// else its dates or instants.
func (v reportView) period(r charge.Report, fleet charge.Fleet) string {
	p := period.Period{Start: r.Parameters.Start, End: r.Parameters.End}
	if p.Start.IsZero() || p.End.IsZero() {
		return ""
	}
	zone := v.zoneFor(fleet)
	if name, ok := p.In(zone).CalendarName(); ok {
		return name
	}
	for _, other := range []*time.Location{reportView{}.zoneFor(fleet), time.UTC} {
		if name, ok := p.In(other).CalendarName(); ok {
			city := other.String()[strings.LastIndex(other.String(), "/")+1:]
			return name + " " + strings.ReplaceAll(city, "_", " ")
		}
	}
	return p.In(zone).Short()
}

// zoneFor is the zone in use, which may be the fleet's own; UTC where that is not known.
func (v reportView) zoneFor(fleet charge.Fleet) *time.Location {
	if v.zone != nil {
		return v.zone
	}
	zone, err := period.LoadZone(cmp.Or(fleet.Timezone, "UTC"))
	if err != nil {
		return time.UTC
	}
	return zone
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
