package filename

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// april is a report of a whole month in UTC.
func april(change ...func(*Values)) Values {
	v := Values{
		ID: "rpt_abc", Type: "charging_summary", Fleet: "flt_1", FleetName: "Lyon Sud / Vans", Format: "csv",
		Start:   time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC),
		End:     time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
		Created: time.Date(2026, 5, 1, 6, 0, 3, 0, time.UTC),
		Zone:    time.UTC,
	}
	for _, f := range change {
		f(&v)
	}
	return v
}

func wholeAccount(v *Values) { v.Fleet, v.FleetName = "", "" }

func typed(value string) func(*Values) { return func(v *Values) { v.Type = value } }

func format(value string) func(*Values) { return func(v *Values) { v.Format = value } }

// on gives a period in a zone, by its first and last day.
func on(t *testing.T, zone, text string) func(*Values) {
	return func(v *Values) {
		location, err := period.LoadZone(zone)
		if err != nil {
			t.Fatal(err)
		}
		p, err := period.Parse(text, time.Now(), location)
		if err != nil {
			t.Fatal(err)
		}
		v.Start, v.End, v.Zone = p.Start.UTC(), p.End.UTC(), location
	}
}

func TestName(t *testing.T) {
	paris, err := period.LoadZone("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	inParis := func(v *Values) { v.Zone = paris }
	noZone := func(v *Values) { v.Zone = nil }
	noPeriod := func(v *Values) { v.Start, v.End = time.Time{}, time.Time{} }
	noCreated := func(v *Values) { v.Created = time.Time{} }
	hostileID := func(v *Values) { v.ID = "../../x" }
	long := strings.Repeat("a", 1<<20)
	for _, tt := range []struct {
		template string
		values   Values
		want     string
	}{
		{"{id}.{ext}", april(), "rpt_abc.csv"},
		{"{type}", april(), "charging_summary.csv"},
		{"{fleet}", april(), "flt_1.csv"},
		{"{fleet_name}", april(), "lyon-sud-vans.csv"},
		{"{period}", april(), "2026-04.csv"},
		{"{start}_{end}", april(), "2026-04-01_2026-05-01.csv"},
		{"{created}", april(), "20260501T060003Z.csv"},
		{"{type}_{fleet}_{period}.{ext}", april(), "charging_summary_flt_1_2026-04.csv"},

		// The zone in use says what a period is called.
		{"{period}", april(inParis), "20260401T000000Z-20260501T000000Z.csv"},
		{"{start}", april(inParis), "20260401T000000Z.csv"},
		{"{period}", april(noZone), "2026-04.csv"},

		// A day that has no midnight begins at its first instant.
		{"{start}_{end}", april(on(t, "America/Havana", "2026-03-08")), "2026-03-08_2026-03-09.csv"},
		{"{start}_{end}", april(on(t, "America/Santiago", "2026-09-06")), "2026-09-06_2026-09-07.csv"},
		{"{period}", april(on(t, "America/Santiago", "2026-09")), "2026-09.csv"},

		// The template's own extension counts.
		{"{id}.txt", april(), "rpt_abc.txt"},
		{"{ext}/{id}", april(), "csv/rpt_abc.csv"},
		{"v1.2/{id}", april(), "v1.2/rpt_abc.csv"},
		{"{id}", april(format("")), "rpt_abc.bin"},
		{"{id}", april(format("../x")), "rpt_abc.bin"},
		{"{id}", april(format("CSV")), "rpt_abc.bin"},
		{"{id}", april(format("ninechars")), "rpt_abc.bin"},
		{"{id}", april(format("a\nb")), "rpt_abc.bin"},
		{"{id}", april(format("eightchr")), "rpt_abc.eightchr"},

		// An empty value takes one separator with it.
		{"{type}_{fleet}_{period}.{ext}", april(wholeAccount), "charging_summary_2026-04.csv"},
		{"{fleet}_{period}", april(wholeAccount), "2026-04.csv"},
		{"{fleet}__{period}", april(wholeAccount), "_2026-04.csv"},
		{"{period}-{fleet_name}", april(wholeAccount), "2026-04.csv"},
		{"{type}_{fleet}_{fleet_name}_{period}", april(wholeAccount), "charging_summary_2026-04.csv"},
		{"{type}/{fleet}_{period}", april(wholeAccount), "charging_summary/2026-04.csv"},
		{"{id}_{period}", april(noPeriod), "rpt_abc.csv"},
		{"{id}_{start}_{end}", april(noPeriod), "rpt_abc.csv"},
		{"{id}_{created}", april(noCreated), "rpt_abc.csv"},

		// Values cannot say anything but a plain part of a name.
		{"{id}", april(hostileID), "x.csv"},
		{"{type}", april(typed("../../etc/passwd")), "etc-passwd.csv"},
		{"{type}", april(typed("a/b\\c")), "a-b-c.csv"},
		{"{type}", april(typed("a\nb\x00c\x1b[31m")), "a-b-c-31m.csv"},
		{"{type}", april(typed("a\u202eb")), "a-b.csv"},
		{"{type}", april(typed("\xff\xfe")), "csv"},
		{"{type}", april(typed("--help")), "help.csv"},
		{"{type}", april(typed("Énergie été")), "Énergie-été.csv"},
		{"{type}", april(typed(long)), long[:80] + ".csv"},
		{"{type}x", april(typed(strings.Repeat("é", 60))), strings.Repeat("é", 40) + "x.csv"},

		// Names that mean something else on Windows.
		{"{type}", april(typed("CON")), "_CON.csv"},
		{"nul/{id}", april(), "_nul/rpt_abc.csv"},
		{"com1 .{ext}", april(), "_com1 .csv"},
		{"a<b>c:d|e?f*g", april(), "a-b-c-d-e-f-g.csv"},
		{"dots. /{id}", april(), "dots/rpt_abc.csv"},
		{strings.Repeat("n", 300) + ".{ext}", april(), strings.Repeat("n", 196) + ".csv"},
		{strings.Repeat("é", 300) + "/{id}", april(), strings.Repeat("é", 100) + "/rpt_abc.csv"},
	} {
		template, err := Parse(tt.template)
		if err != nil {
			t.Errorf("%s: %v", tt.template, err)
			continue
		}
		if got, err := template.Name(tt.values); err != nil || got != tt.want {
			t.Errorf("%s of %s: got %q (%v), want %q", tt.template, charge.Clip(tt.values.Type, 40), got, err, tt.want)
		}
	}
}

func TestTemplatesRefused(t *testing.T) {
	for _, text := range []string{
		"", "/", "/etc/{id}", "a/", "a//b", "./{id}", "../{id}", "a/../b", "..", ".", `a\b`, "a\x00b", "a\nb", "\x7f",
		"{", "}", "{id", "id}", "{nope}", "{}", "{ id }", "{{id}}", "{ID}",
	} {
		_, err := Parse(text)
		if charge.KindOf(err) != charge.KindUsage || err == nil {
			t.Errorf("%q: %v, want a usage error", text, err)
		}
	}
}

func TestNamesRefused(t *testing.T) {
	for template, values := range map[string]Values{
		"{fleet}/{period}":    april(wholeAccount),
		"{type}/{id}":         april(typed("...")),
		"{fleet}.. /{id}":     april(wholeAccount),
		"{type}.{fleet}/{id}": april(typed(""), wholeAccount),
	} {
		parsed, err := Parse(template)
		if err != nil {
			t.Errorf("%s: %v", template, err)
			continue
		}
		if got, err := parsed.Name(values); charge.KindOf(err) != charge.KindUsage || err == nil {
			t.Errorf("%s: %q, %v, want a usage error", template, got, err)
		}
	}
}

// TestFlat: what a value has in it makes no folder, text between fields does.
func TestFlat(t *testing.T) {
	for text, want := range map[string]bool{"{id}": true, "{fleet_name}_{period}.{ext}": true, "{fleet}/{period}": false, "all/x.csv": false} {
		template, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		name, err := template.Name(Values{ID: "rpt_1", Fleet: "flt_1", FleetName: "north/south", Format: "csv"})
		if err != nil || template.Flat() != want || strings.Contains(name, "/") == want {
			t.Errorf("%s: flat is %t, and a name %q, %v", text, template.Flat(), name, err)
		}
	}
}

func TestFields(t *testing.T) {
	for _, field := range Fields() {
		template, err := Parse("x_{" + field + "}")
		if err != nil || !template.Uses(field) {
			t.Errorf("{%s}: %v", field, err)
		}
	}
	if template, _ := Parse("{id}"); template.Uses("fleet_name") {
		t.Error("{id} uses no fleet's name")
	}
}

// FuzzName shows that no accepted template and no value whatever lead out of the folder, or to a name that some
// system cannot hold.
func FuzzName(f *testing.F) {
	for _, seed := range [][]string{
		{"{type}_{fleet}_{period}.{ext}", "charging_summary", "flt_1", "Lyon", "csv"},
		{"{fleet}/{fleet_name}.{ext}", "", "../..", "..", "../x"},
		{".{type}.", ".", "", "CON", "\n"},
		{"\xe2", "", "", "", "csv"},
		{"{type}{fleet}", "CON", ".", "nul", "ninechars"},
		{strings.Repeat("é", 150) + "{type}", strings.Repeat("é", 99), "\xff", "a\u202e", "part"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	f.Fuzz(func(t *testing.T, text, kind, fleet, fleetName, ext string) {
		template, err := Parse(text)
		if err != nil {
			return
		}
		n := april(typed(kind), format(ext), func(v *Values) { v.ID, v.Fleet, v.FleetName = fleet, fleet, fleetName })
		name, err := template.Name(n)
		if err != nil {
			return
		}
		if path.Clean(name) != name || path.IsAbs(name) || !utf8.ValidString(name) {
			t.Errorf("%q is not a plain path", name)
		}
		for _, segment := range strings.Split(name, "/") {
			checkSegment(t, segment)
		}
	})
}

func checkSegment(t *testing.T, segment string) {
	t.Helper()
	stem, _, _ := strings.Cut(segment, ".")
	switch {
	case segment == "", segment == ".", segment == "..":
		t.Errorf("the segment %q", segment)
	case len(segment)+len(".part.json") > 255:
		t.Errorf("%d bytes leave no room for .part.json", len(segment))
	case strings.ContainsAny(segment, "/\\<>:\"|?*\x00") || hasControl(segment):
		t.Errorf("%q holds what Windows does not take", segment)
	case strings.HasSuffix(segment, ".") || strings.HasSuffix(segment, " "):
		t.Errorf("%q ends in what Windows drops", segment)
	case slices.Contains(reserved, strings.ToLower(strings.TrimSpace(stem))):
		t.Errorf("%q is a device on Windows", segment)
	}
}
