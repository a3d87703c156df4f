package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

// card is all that is known of a report.
func (v reportView) card(ctx context.Context, r charge.Report) card {
	c := card{object: r.Raw, plain: plainReport(r)}
	if !v.app.toPeople() {
		return c
	}
	fleet := v.app.named(ctx, r.Fleet, func(ctx context.Context) error {
		_, err := v.app.Fleet(ctx, r.Fleet)
		return err
	})
	zone := v.zoneFor(fleet)
	took := ""
	if !r.Finished.IsZero() && !r.Created.IsZero() {
		took = r.Finished.Sub(r.Created).Round(time.Second).String()
	}
	p, created := r.Parameters, local(r.Created.Truncate(time.Second), zone)
	c.keys = []string{"id", "type", "fleet", "period", "start", "end", "group_by", "vehicles", "status", "created", "took", "format", "size", "url"}
	c.cells = []output.Cell{
		c.plain[0], {Text: p.Type}, {Text: fleetText(fleet)}, {Text: v.period(r, fleet)}, {Text: local(p.Start, zone)}, {Text: local(p.End, zone)},
		{Text: p.GroupBy}, {Text: strings.Join(p.Vehicles, " ")}, c.plain[1], {Text: created, Kind: output.InstantCell, Time: r.Created},
		{Text: took}, {Text: r.Format}, shownSize(r), {Text: originOnly(r.URL)},
	}
	c.rest(r.Raw, "", "object", "id", "status", "fleet", "created", "succeeded_at", "type", "size", "url", "parameters.type",
		"parameters.period_start", "parameters.period_end", "parameters.group_by", "parameters.filters.vehicle")
	return c
}

// fleetCard is all that is known of a fleet.
func (a *App) fleetCard(f charge.Fleet) card {
	row := fleetRow(f)
	c := card{object: f.Raw, plain: row.Cells}
	if !a.toPeople() {
		return c
	}
	c.keys, c.cells = []string{"id", "name", "status", "timezone", "total_vehicles"}, slices.Clone(row.Cells)
	c.rest(f.Raw, "", "object", "id", "name", "status", "timezone", "total_vehicles")
	return c
}

// fleetText is a fleet for people, with the id that they may copy.
func fleetText(f charge.Fleet) string {
	if f.Name == "" {
		return cmp.Or(f.ID, wholeAccount)
	}
	return f.Name + " (" + f.ID + ")"
}

// local is an instant as a zone's clock shows it.
func local(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02T15:04:05.999Z07:00")
}

// originOnly is where a link leads: whoever has the whole of it may have the file.
func originOnly(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + "/... (whole with --json)"
}

// card is one object: to people lines of key: value, in a pipe its columns.
type card struct {
	object json.RawMessage
	plain  []output.Cell
	keys   []string
	cells  []output.Cell
}

func (c card) show(out *output.Output) error {
	return out.Sheet(output.Shape{Columns: c.keys, Card: true}).Fill(output.Row{Object: c.object, Plain: c.plain, Cells: c.cells})
}

func (c *card) text(key, text string) {
	c.keys, c.cells = append(c.keys, key), append(c.cells, output.Cell{Text: text})
}

// rest adds the members of an object that are not known, by their paths, in the order of the alphabet; null is nothing.
func (c *card) rest(object json.RawMessage, path string, known ...string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, key, text := members[name], path+name, ""
		switch {
		case slices.Contains(known, key), bytes.Equal(value, []byte("null")):
		case bytes.HasPrefix(value, []byte("{")):
			c.rest(value, key+".", known...)
		case json.Unmarshal(value, &text) == nil:
			c.text(key, cmp.Or(originOnly(text), text))
		default:
			c.text(key, string(value))
		}
	}
}
