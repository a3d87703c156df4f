package output

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
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
	textOnly := sampleShape
	textOnly.TextOnly = true
	never := Options{Color: "never"}
	for _, test := range []struct {
		name  string
		at    place
		o     Options
		shape Shape
		want  string
	}{
		{"pipe", pipes, Options{}, sampleShape, tabs},
		{"pipe, live", pipes, Options{}, live, tabs},
		{"terminal", terminal, never, sampleShape, "" +
			"ID     STATUS     SIZE     CREATED\n" +
			"rpt_1  succeeded  48.2 kB  3 minutes ago\n" +
			"rpt_2  pending    0 B      3 minutes ago\n"},
		{"terminal, live", terminal, never, live, "rpt_1  succeeded  48.2 kB  3 minutes ago\nrpt_2  pending  0 B  3 minutes ago\n"},
		{"colour", pipes, Options{Color: "always"}, Shape{}, "" +
			"rpt_1\t\x1b[32msucceeded\x1b[0m\t48213\t2026-05-01T11:57:00.000Z\nrpt_2\t\x1b[36mpending\x1b[0m\t0\t2026-05-01T11:57:00.000Z\n"},
		{"json", pipes, Options{JSON: true}, sampleShape, indented},
		{"json at a terminal", terminal, Options{JSON: true}, sampleShape, indented},
		{"json, text only", pipes, Options{JSON: true}, textOnly, ""},
		{"jsonl", pipes, Options{JSONL: true}, sampleShape, objects[0] + "\n" + objects[1] + "\n"},
		{"jq over all", pipes, Options{JQ: "length, .[].id, .[0].size, (map(.size) | add)"}, sampleShape,
			"2\nrpt_1\nrpt_2\n9007199254740993\n9007199254740993\n"},
		{"template over all", pipes, Options{Template: `{{range .}}{{.id}} {{.size}}{{"\n"}}{{end}}`}, sampleShape,
			"rpt_1 9007199254740993\nrpt_2 0\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout, stderr := open(t, test.at, test.o)
			fill(t, out, test.shape, sample()...)
			if diff := cmp.Diff(test.want, stdout.String()); diff != "" {
				t.Error(diff)
			}
			if stderr.String() != "" {
				t.Errorf("stderr has %q", stderr.String())
			}
		})
	}
}

func TestPlainColumnsInAPipe(t *testing.T) {
	row := Row{Cells: []Cell{{Text: "shown"}}, Plain: []Cell{{Text: "rpt_1"}}}
	out, stdout, _ := open(t, pipes, Options{})
	fill(t, out, Shape{}, row)
	if stdout.String() != "rpt_1\n" {
		t.Errorf("got %q", stdout)
	}
}

func TestNoRows(t *testing.T) {
	for _, test := range []struct {
		name  string
		at    place
		o     Options
		array bool
		want  string
	}{
		{"table", terminal, Options{}, true, ""},
		{"array", pipes, Options{JSON: true}, true, "[]\n"},
		{"object", pipes, Options{JSON: true}, false, ""},
		{"lines", pipes, Options{JSONL: true}, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout, _ := open(t, test.at, test.o)
			fill(t, out, Shape{Array: test.array, Columns: []string{"ID"}})
			if stdout.String() != test.want {
				t.Errorf("got %q, want %q", stdout, test.want)
			}
		})
	}
}

func TestOneObject(t *testing.T) {
	out, stdout, _ := open(t, pipes, Options{JSON: true})
	fill(t, out, Shape{}, Row{Object: json.RawMessage(`{"id":"rpt_1"}`)})
	if stdout.String() != "{\n  \"id\": \"rpt_1\"\n}\n" {
		t.Errorf("got %q", stdout)
	}
}

func TestNothingIsWrittenUnlessClosed(t *testing.T) {
	out, stdout, _ := open(t, pipes, Options{JSON: true})
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
		o    Options
		want string
	}{
		{"text", Options{}, ""},
		{"json", Options{JSON: true}, "{\n  \"path\": \"a&b<c>.csv\",\n  \"size\": 7\n}\n"},
		{"jsonl", Options{JSONL: true}, "{\"path\":\"a&b<c>.csv\",\"size\":7}\n"},
		{"jq", Options{JQ: ".path"}, "a&b<c>.csv\n"},
		{"template", Options{Template: "{{.size}}"}, "7"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout, _ := open(t, pipes, test.o)
			check(t, out.Document(doc))
			if stdout.String() != test.want {
				t.Errorf("got %q, want %q", stdout, test.want)
			}
		})
	}
}

func TestConflictingFormats(t *testing.T) {
	for _, o := range []Options{
		{JSON: true, JSONL: true}, {JQ: ".", Template: "x"}, {JSONL: true, JQ: "."}, {JSONL: true, Template: "x"}, {Color: "pink"},
	} {
		if _, err := attempt(pipes, o, &buffer{}, &buffer{}); charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

func TestHostileText(t *testing.T) {
	text := []Options{{}, {Color: "always"}}
	all := append(text, Options{JSONL: true}, Options{JSON: true}, Options{JQ: ".[].name"}, Options{Template: "{{range .}}{{.name}}{{end}}\n"})
	for _, kind := range []CellKind{PlainCell, IDCell, StatusCell, InstantCell, BytesCell} {
		hostileRow(t, all, hostile, kind, false)
		hostileRow(t, text, hostile, kind, true)
	}
	hostileRow(t, all, strings.Repeat("A\n\x1b[1m", 1<<20/6), IDCell, false)
	hostileRow(t, text, strings.Repeat("e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301", 1<<20/17), PlainCell, true)
}

// hostileRow writes a row in every format asked for: piped text and JSON Lines are one line, a terminal gets no control
// character but line ends and our own colours.
func hostileRow(t *testing.T, options []Options, value string, kind CellKind, live bool) {
	t.Helper()
	object, err := encode(map[string]string{"name": value})
	check(t, err)
	row := Row{Cells: []Cell{{Text: value, Kind: kind}, {Text: "after"}}, Object: object}
	shape := Shape{Columns: []string{"NAME", "NEXT"}, Array: true, Live: live}
	for _, o := range options {
		out, stdout, _ := open(t, pipes, o)
		fill(t, out, shape, row)
		if n := strings.Count(stdout.String(), "\n"); n != 1 && !o.JSON && o.JQ == "" && o.Template == "" {
			t.Errorf("%+v: %d lines in a pipe", o, n)
		}
		if stdout.String() == "" {
			t.Errorf("%+v: nothing in a pipe", o)
		}

		out, stdout, _ = open(t, terminal, o)
		fill(t, out, shape, row)
		seen := strings.NewReplacer("\n", "", "\t", "").Replace(stripSGR(stdout.String()))
		if strings.ContainsFunc(seen, unsafeRune) {
			t.Errorf("%+v: a terminal gets control characters", o)
		}
		if !out.Structured() && o.Template == "" && len(seen) > longestLine+200 {
			t.Errorf("%+v: a terminal gets %d bytes", o, len(seen))
		}
	}
}

func TestTableFitsTheWidth(t *testing.T) {
	id := "rpt_0123456789abcdefABCDEF0123456789"
	row := Row{Cells: []Cell{{Text: id, Kind: IDCell}, {Text: strings.Repeat("東京", 60)}, {Text: strings.Repeat("long ", 40)}}}
	out, stdout, _ := open(t, place{outTTY: true, width: 72}, Options{Color: "never"})
	fill(t, out, Shape{Columns: []string{"ID", "NAME", "NOTE"}}, row)
	for _, l := range lines(t, stdout.String()) {
		if columns(l) >= 72 {
			t.Errorf("%d columns: %q", columns(l), l)
		}
	}
	if !strings.Contains(stdout.String(), id) {
		t.Errorf("the id is cut: %q", stdout)
	}
}

// TestNarrowTables leave columns out before they wrap or cut an id or a status.
func TestNarrowTables(t *testing.T) {
	row := sample()[0]
	row.Cells[0].Text = "rpt_0123456789abcdefABCDEF0123456789"
	row.Cells = append(row.Cells, Cell{Text: "charging_summary"}, Cell{Text: "2026-04"})
	headers := append(slices.Clone(sampleShape.Columns), "TYPE", "PERIOD")
	for width, want := range map[int]string{
		120: "ID STATUS SIZE CREATED TYPE PERIOD", 90: "ID STATUS SIZE CREATED TYPE PERIOD", 80: "ID STATUS SIZE CREATED TYPE",
		72: "ID STATUS SIZE CREATED", 60: "ID STATUS SIZE", 40: "ID STATUS",
	} {
		out, stdout, _ := open(t, place{outTTY: true, width: width}, Options{Color: "never"})
		fill(t, out, Shape{Columns: headers}, row)
		shown := lines(t, stdout.String())
		if got := strings.Join(strings.Fields(shown[0]), " "); got != want {
			t.Errorf("%d: %s, want %s", width, got, want)
		}
		if width > 48 && columns(shown[1]) >= width || !strings.HasPrefix(shown[1], row.Cells[0].Text+"  succeeded") {
			t.Errorf("%d: %q", width, shown[1])
		}
	}
}

func TestPathsAreNotCut(t *testing.T) {
	path := "out/" + strings.Repeat("very/long/", 30) + "april.csv"
	for _, live := range []bool{true, false} {
		out, stdout, _ := open(t, terminal, Options{})
		fill(t, out, Shape{Columns: []string{"PATH"}, Live: live}, Row{Cells: []Cell{{Text: path, Kind: PathCell}}})
		if !strings.Contains(stdout.String(), path) {
			t.Errorf("live %v: the path is cut: %q", live, stdout)
		}
	}
}

func TestClosedPipe(t *testing.T) {
	r, w, err := os.Pipe()
	check(t, err)
	check(t, r.Close())
	defer func() { check(t, w.Close()) }()
	out, err := New(Streams{Out: w, Err: &buffer{}}, Options{})
	check(t, err)
	_, bytesErr := out.Bytes().Write([]byte("a"))
	for _, err := range []error{out.Text("a"), out.Sheet(Shape{}).Add(sample()[0]), bytesErr} {
		if !IsClosedPipe(err) {
			t.Errorf("%v is not recognised", err)
		}
	}
	if IsClosedPipe(errors.New("disk full")) || IsClosedPipe(nil) {
		t.Error("another error is taken for a closed pipe")
	}
}

func TestConcurrentRows(t *testing.T) {
	out, stdout, _ := open(t, pipes, Options{})
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
