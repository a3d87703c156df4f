package output

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// objects have what a decoder would lose: order, an unknown member, large and oddly written numbers.
var objects = []string{
	`{"id":"rpt_1","size":9007199254740993,"x-new":1.10,"status":"succeeded","url":"https://f?a=1&b=<2>"}`,
	`{"status":"pending","id":"rpt_2","size":0}`,
}

func sample() []Row {
	created := noon().Add(-3 * time.Minute)
	row := func(id, status, bytes, object string) Row {
		return Row{
			Cells: []Cell{
				{Text: id, Kind: IDCell},
				{Text: status, Kind: StatusCell},
				{Text: bytes, Kind: BytesCell},
				{Text: charge.FormatInstant(created), Kind: InstantCell, Time: created},
			},
			Object: json.RawMessage(object),
		}
	}
	return []Row{row("rpt_1", "succeeded", "48213", objects[0]), row("rpt_2", "pending", "0", objects[1])}
}

var sampleShape = Shape{Columns: []string{"ID", "STATUS", "SIZE", "CREATED"}, Array: true}

func fill(t *testing.T, out *Output, shape Shape, rows ...Row) {
	t.Helper()
	sheet := out.Sheet(shape)
	for _, r := range rows {
		check(t, sheet.Add(r))
	}
	check(t, sheet.Close())
	check(t, sheet.Close())
}

func TestOneRowModelEveryFormat(t *testing.T) {
	const indented = `[
  {
    "id": "rpt_1",
    "size": 9007199254740993,
    "x-new": 1.10,
    "status": "succeeded",
    "url": "https://f?a=1&b=<2>"
  },
  {
    "status": "pending",
    "id": "rpt_2",
    "size": 0
  }
]
`
	const tabs = "rpt_1\tsucceeded\t48213\t2026-05-01T11:57:00.000Z\nrpt_2\tpending\t0\t2026-05-01T11:57:00.000Z\n"
	live := sampleShape
	live.Live = true
	for _, test := range []struct {
		name  string
		at    place
		f     Format
		shape Shape
		want  string
	}{
		{"pipe", pipes, Format{}, sampleShape, tabs},
		{"pipe, live", pipes, Format{}, live, tabs},
		{"terminal", terminal, Format{}, sampleShape, "" +
			"ID     STATUS     SIZE     CREATED\n" +
			"rpt_1  succeeded  48.2 kB  3 minutes ago\n" +
			"rpt_2  pending    0 B      3 minutes ago\n"},
		{"terminal, live", terminal, Format{}, live, "rpt_1  succeeded  48.2 kB  3 minutes ago\nrpt_2  pending  0 B  3 minutes ago\n"},
		{"colour", place{colour: true}, Format{}, Shape{}, "" +
			"rpt_1\t\x1b[32msucceeded\x1b[0m\t48213\t2026-05-01T11:57:00.000Z\nrpt_2\t\x1b[36mpending\x1b[0m\t0\t2026-05-01T11:57:00.000Z\n"},
		{"json", pipes, Format{JSON: true}, sampleShape, indented},
		{"json at a terminal", terminal, Format{JSON: true}, sampleShape, indented},
		{"jsonl", pipes, Format{JSONL: true}, sampleShape, objects[0] + "\n" + objects[1] + "\n"},
		{"jq over all", pipes, Format{JQ: "length, .[].id, .[0].size, (map(.size) | add)"}, sampleShape,
			"2\nrpt_1\nrpt_2\n9007199254740993\n9007199254740993\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout := open(t, test.at, test.f)
			fill(t, out, test.shape, sample()...)
			if diff := cmp.Diff(test.want, stdout.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlainColumnsInAPipe(t *testing.T) {
	row := Row{Cells: []Cell{{Text: "shown"}}, Plain: []Cell{{Text: "rpt_1"}}}
	out, stdout := open(t, pipes, Format{})
	fill(t, out, Shape{}, row)
	if stdout.String() != "rpt_1\n" {
		t.Errorf("got %q", stdout)
	}
}

func TestNoRows(t *testing.T) {
	for _, test := range []struct {
		name  string
		at    place
		f     Format
		array bool
		want  string
	}{
		{"table", terminal, Format{}, true, ""},
		{"array", pipes, Format{JSON: true}, true, "[]\n"},
		{"object", pipes, Format{JSON: true}, false, ""},
		{"lines", pipes, Format{JSONL: true}, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout := open(t, test.at, test.f)
			fill(t, out, Shape{Array: test.array, Columns: []string{"ID"}})
			if stdout.String() != test.want {
				t.Errorf("got %q, want %q", stdout, test.want)
			}
		})
	}
}

// TestRowsWithoutObjects are text alone: the command gives the JSON form itself.
func TestRowsWithoutObjects(t *testing.T) {
	for _, f := range []Format{{JSON: true}, {JSONL: true}, {JQ: "."}} {
		out, stdout := open(t, pipes, f)
		rows := sample()
		for i := range rows {
			rows[i].Object = nil
		}
		check(t, out.Sheet(Shape{Columns: sampleShape.Columns}).Fill(rows...))
		if stdout.String() != "" {
			t.Errorf("%+v: got %q", f, stdout)
		}
	}
}

func TestOneObject(t *testing.T) {
	out, stdout := open(t, pipes, Format{JSON: true})
	fill(t, out, Shape{}, Row{Object: json.RawMessage(`{"id":"rpt_1"}`)})
	if stdout.String() != "{\n  \"id\": \"rpt_1\"\n}\n" {
		t.Errorf("got %q", stdout)
	}
}

func TestNothingIsWrittenUnlessClosed(t *testing.T) {
	out, stdout := open(t, pipes, Format{JSON: true})
	check(t, out.Sheet(sampleShape).Add(sample()[0]))
	if stdout.String() != "" {
		t.Errorf("a document was begun: %q", stdout)
	}
}

func TestDocument(t *testing.T) {
	doc := struct {
		Path string `json:"path"`
		Size int64  `json:"size"`
	}{"a&b<c>.csv", 7}
	for _, test := range []struct {
		name string
		f    Format
		want string
	}{
		{"text", Format{}, ""},
		{"json", Format{JSON: true}, "{\n  \"path\": \"a&b<c>.csv\",\n  \"size\": 7\n}\n"},
		{"jsonl", Format{JSONL: true}, "{\"path\":\"a&b<c>.csv\",\"size\":7}\n"},
		{"jq", Format{JQ: ".path"}, "a&b<c>.csv\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout := open(t, pipes, test.f)
			check(t, out.Document(doc))
			if stdout.String() != test.want {
				t.Errorf("got %q, want %q", stdout, test.want)
			}
		})
	}
}

func TestConflictingFormats(t *testing.T) {
	for _, f := range []Format{{JSON: true, JSONL: true}, {JSONL: true, JQ: "."}} {
		if _, err := attempt(t.Context(), pipes, f, &buffer{}); charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// hostile is what a server may put into any string.
const hostile = "a\x1b[2J\x1b]0;t\x07b\nc\td\r\\e\x7f\u0085\u202eevil\u2066\u200b\u2028f\ufeff\x9b1mg"

func TestHostileText(t *testing.T) {
	text := []Format{{}}
	all := append(text, Format{JSONL: true}, Format{JSON: true}, Format{JQ: ".[].name"})
	for _, kind := range []CellKind{PlainCell, IDCell, StatusCell, InstantCell, BytesCell} {
		hostileRow(t, all, hostile, kind, false)
		hostileRow(t, text, hostile, kind, true)
	}
	hostileRow(t, all, strings.Repeat("A\n\x1b[1m", 1<<20/6), IDCell, false)
	hostileRow(t, text, strings.Repeat("e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 1<<20/17), PlainCell, true)
}

// hostileRow writes a row in every format asked for, alone and beside another: piped text and JSON Lines are one line, a
// terminal gets no control character but line ends and our own colours.
func hostileRow(t *testing.T, formats []Format, value string, kind CellKind, live bool) {
	t.Helper()
	object, err := charge.EncodeJSON(map[string]string{"name": value})
	check(t, err)
	for _, cells := range [][]Cell{{{Text: value, Kind: kind}}, {{Text: value, Kind: kind}, {Text: "after"}}} {
		row := Row{Cells: cells, Object: object}
		shape := Shape{Columns: []string{"NAME", "NEXT"}[:len(cells)], Array: true, Live: live}
		for _, f := range formats {
			for _, colour := range []term.Palette{false, true} {
				out, stdout := open(t, place{colour: colour}, f)
				fill(t, out, shape, row)
				if n := strings.Count(stdout.String(), "\n"); n != 1 && !f.JSON && f.JQ == "" {
					t.Errorf("%+v: %d lines in a pipe", f, n)
				}
				if stdout.String() == "" {
					t.Errorf("%+v: nothing in a pipe", f)
				}

				out, stdout = open(t, place{tty: true, width: 80, colour: colour}, f)
				fill(t, out, shape, row)
				seen := strings.NewReplacer("\n", "", "\t", "").Replace(term.Bare(stdout.String()))
				if strings.ContainsFunc(seen, term.Unsafe) {
					t.Errorf("%+v: a terminal gets control characters", f)
				}
				if !out.Structured() && len(seen) > 2200 {
					t.Errorf("%+v: a terminal gets %d bytes", f, len(seen))
				}
			}
		}
	}
}

// TestPathsInAPipe: what is printed names the file, on Windows too, alone and in a row; it is one line all the same.
func TestPathsInAPipe(t *testing.T) {
	for path, want := range map[string]string{
		`C:\temp\x.csv`: `C:\temp\x.csv`, `a\b.csv`: `a\b.csv`, "a\nb.csv": `a\nb.csv`, "\xff.csv": "\xff.csv",
	} {
		for _, alone := range []bool{true, false} {
			row, want := Row{Cells: []Cell{{Text: path, Kind: PathCell}}}, want+"\n"
			if !alone {
				row.Cells, want = append(row.Cells, Cell{Text: `b\c`}), strings.TrimSuffix(want, "\n")+"\tb\\\\c\n"
			}
			out, stdout := open(t, pipes, Format{})
			fill(t, out, Shape{Live: true}, row)
			if stdout.String() != want {
				t.Errorf("got %q, want %q", stdout.String(), want)
			}
		}
	}
}

func TestTableFitsTheWidth(t *testing.T) {
	id := "rpt_0123456789abcdefABCDEF0123456789"
	row := Row{Cells: []Cell{{Text: id, Kind: IDCell}, {Text: strings.Repeat("東京", 60)}, {Text: strings.Repeat("long ", 40)}}}
	out, stdout := open(t, place{tty: true, width: 72}, Format{})
	fill(t, out, Shape{Columns: []string{"ID", "NAME", "NOTE"}}, row)
	for _, l := range lines(t, stdout.String()) {
		if term.Width(l) >= 72 {
			t.Errorf("%d columns: %q", term.Width(l), l)
		}
	}
	if !strings.Contains(stdout.String(), id) {
		t.Errorf("the id is cut: %q", stdout)
	}
}

// TestNarrowTables tell above what all rows have in common, leave out what is least telling, and are records in the end:
// no id, status or name is cut, and no line wraps.
func TestNarrowTables(t *testing.T) {
	rows := sample()
	for i, fleet := range []string{"Brooklyn Yellow Cabs", "Lyon Livraisons"} {
		rows[i].Cells[0].Text = fmt.Sprint("rpt_0123456789abcdefABCDEF012345678", i)
		rows[i].Cells = append(rows[i].Cells, Cell{Text: "charging_summary"}, Cell{Text: fleet, Kind: IDCell})
	}
	headers := append(slices.Clone(sampleShape.Columns), "TYPE", "FLEET")
	for width, want := range map[int]string{
		121: `ID                                    STATUS     SIZE     CREATED        TYPE              FLEET
rpt_0123456789abcdefABCDEF0123456780  succeeded  48.2 kB  3 minutes ago  charging_summary  Brooklyn Yellow Cabs
rpt_0123456789abcdefABCDEF0123456781  pending    0 B      3 minutes ago  charging_summary  Lyon Livraisons
`,
		100: `TYPE: charging_summary
ID                                    STATUS     SIZE     CREATED        FLEET
rpt_0123456789abcdefABCDEF0123456780  succeeded  48.2 kB  3 minutes ago  Brooklyn Yellow Cabs
rpt_0123456789abcdefABCDEF0123456781  pending    0 B      3 minutes ago  Lyon Livraisons
`,
		80: `TYPE: charging_summary
ID                                    STATUS     SIZE     FLEET
rpt_0123456789abcdefABCDEF0123456780  succeeded  48.2 kB  Brooklyn Yellow Cabs
rpt_0123456789abcdefABCDEF0123456781  pending    0 B      Lyon Livraisons
`,
		40: `rpt_0123456789abcdefABCDEF0123456780
  succeeded  48.2 kB  3 minutes ago
  charging_summary
  Brooklyn Yellow Cabs
rpt_0123456789abcdefABCDEF0123456781
  pending  0 B  3 minutes ago
  charging_summary  Lyon Livraisons
`,
	} {
		out, stdout := open(t, place{tty: true, width: width}, Format{})
		fill(t, out, Shape{Columns: headers}, rows...)
		if diff := cmp.Diff(want, stdout.String()); diff != "" {
			t.Errorf("%d columns: %s", width, diff)
		}
		for _, line := range lines(t, stdout.String()) {
			if term.Width(line) >= width {
				t.Errorf("%d columns: %q wraps", width, line)
			}
		}
	}
}

// TestNamesAreKept where an id may be cut.
func TestNamesAreKept(t *testing.T) {
	row := Row{Cells: []Cell{{Text: "flt_0123456789abcdefABCDEF0123456789"}, {Text: "Brooklyn Yellow Cabs", Kind: IDCell}, {Text: "active", Kind: StatusCell}}}
	out, stdout := open(t, place{tty: true, width: 60}, Format{})
	fill(t, out, Shape{Columns: []string{"ID", "NAME", "STATUS"}}, row)
	if !strings.Contains(stdout.String(), "…  Brooklyn Yellow Cabs  active\n") {
		t.Errorf("got %q", stdout)
	}
}

func TestCard(t *testing.T) {
	row := Row{
		Cells: []Cell{
			{Text: "rpt_1", Kind: IDCell}, {Text: "failed", Kind: StatusCell}, {Text: ""}, {Text: "48213", Kind: BytesCell},
			{Text: "2026-05-01T11:57:00Z", Kind: InstantCell, Time: noon().Add(-3 * time.Minute)},
			{Text: "the charger was\x1b[2J not there when it was asked"},
		},
		Plain: []Cell{{Text: "rpt_1"}}, Object: json.RawMessage(`{"id":"rpt_1"}`),
	}
	shape := Shape{Columns: []string{"id", "status", "url", "size", "created", "error"}, Card: true}
	const want = `id:      rpt_1
status:  failed
size:    48.2 kB (48213 bytes)
created: 2026-05-01T11:57:00Z (3
         minutes ago)
error:   the charger was[2J not there
         when it was asked
`
	for at, want := range map[place]string{{tty: true, width: 40}: want, pipes: "rpt_1\n"} {
		out, stdout := open(t, at, Format{})
		fill(t, out, shape, row)
		if diff := cmp.Diff(want, stdout.String()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPathsAreNotCut(t *testing.T) {
	path := "out/" + strings.Repeat("very/long/", 30) + "april.csv"
	for _, live := range []bool{true, false} {
		out, stdout := open(t, terminal, Format{})
		fill(t, out, Shape{Columns: []string{"PATH"}, Live: live}, Row{Cells: []Cell{{Text: path, Kind: PathCell}}})
		if !strings.Contains(stdout.String(), path) {
			t.Errorf("live %v: the path is cut: %q", live, stdout)
		}
	}
}

// TestWhatCannotBeWritten is the error of whatever wrote it, and of the sheet's end.
func TestWhatCannotBeWritten(t *testing.T) {
	r, w, err := os.Pipe()
	check(t, err)
	check(t, r.Close())
	defer func() { check(t, w.Close()) }()
	out, err := attempt(t.Context(), pipes, Format{}, w)
	check(t, err)
	_, bytesErr := out.Bytes().Write([]byte("a"))
	sheet := out.Sheet(Shape{})
	for _, err := range []error{out.Text("a"), sheet.Add(sample()[0]), sheet.Add(sample()[1]), sheet.Close(), bytesErr} {
		if !term.IsClosedPipe(err) {
			t.Errorf("%v is not recognised", err)
		}
	}
}

func TestConcurrentRows(t *testing.T) {
	out, stdout := open(t, pipes, Format{})
	sheet := out.Sheet(Shape{Live: true})
	done := make(chan error)
	for range 8 {
		go func() {
			var err error
			for range 50 {
				err = errors.Join(err, sheet.Add(Row{Plain: []Cell{{Text: "rpt_1"}, {Text: "succeeded"}}}))
			}
			done <- err
		}()
	}
	for range 8 {
		check(t, <-done)
	}
	if want := strings.Repeat("rpt_1\tsucceeded\n", 400); stdout.String() != want {
		t.Error("lines were mixed up")
	}
}

// A live array is the same text as one that is written at its end, keeps one row, and is whole lines at any time.
func TestLiveArray(t *testing.T) {
	for n := range 4 {
		var texts []string
		for _, live := range []bool{false, true} {
			out, stdout := open(t, pipes, Format{JSON: true})
			sheet := out.Sheet(Shape{Array: true, Live: live})
			for i := range n {
				check(t, sheet.Add(Row{Object: json.RawMessage(fmt.Sprintf(`{"n":%d,"in":{"a":[]}}`, i))}))
				if text := stdout.String(); live && (len(sheet.objects) != 1 || strings.Count(text, `"n"`) != i || text != "" && !strings.HasSuffix(text, "\n")) {
					t.Errorf("after %d rows %d are kept, and there is %q", i+1, len(sheet.objects), text)
				}
			}
			check(t, sheet.Close())
			texts = append(texts, stdout.String())
		}
		if diff := cmp.Diff(texts[0], texts[1]); diff != "" {
			t.Errorf("%d rows (-at once +live):\n%s", n, diff)
		}
	}
}
