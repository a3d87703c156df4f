package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestMeasure(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		columns []string
		records int64
	}{
		"a CSV":                      {"a,b\n1,2\n3,4\n", []string{"a", "b"}, 2},
		"without a last line end":    {"a,b\r\n1,2\r\n3,4", []string{"a", "b"}, 2},
		"column names alone":         {"a,b\n", []string{"a", "b"}, 0},
		"a line end within quotes":   {"a,b\n\"1\n\n1\",2\n", []string{"a", "b"}, 1},
		"a comma in a column's name": {"\"a,\"\"b\"\n1\n", []string{`a,"b`}, 1},
		"empty lines":                {"a\n\n1\n\n", []string{"a"}, 1},
		"a byte order mark":          {"\ufeff\"a\",b\n1,2\n", []string{"a", "b"}, 1},
		"nothing":                    {"", nil, 0},
		"a short record":             {"a,b\n1\n", nil, 0},
		"a quote that never ends":    {"a,b\n\"1,2\n3,4\n", nil, 0},
		"a quote in a bare field":    {"a,b\n1\",2\n", nil, 0},
		"bytes that are no text":     {"a\xff,b\n1,2\n", nil, 0},
		"a NUL":                      {"a\x00,b\n1,2\n", nil, 0},
		"too many columns":           {strings.Repeat(",", maxColumns) + "\n", nil, 0},
		"a record that is too long":  {"a\n" + strings.Repeat("x", maxRecord+256<<10) + "\n", nil, 0},
	} {
		sum := sha256.Sum256([]byte(c.text))
		want := Measure{Bytes: int64(len(c.text)), SHA256: hex.EncodeToString(sum[:])}
		plain := want
		if c.columns != nil {
			want.Columns, want.Records = c.columns, &c.records
		}
		for how, r := range map[string]io.Reader{
			"": strings.NewReader(c.text), " in halves": iotest.HalfReader(strings.NewReader(c.text)), " with its end": iotest.DataErrReader(strings.NewReader(c.text)),
		} {
			got, err := MeasureOf(r, "csv")
			if diff := cmp.Diff(want, got); diff != "" || err != nil {
				t.Errorf("%s%s: %v (-want +got):\n%s", name, how, err, diff)
			}
		}
		if got, err := MeasureOf(strings.NewReader(c.text), "pdf"); !cmp.Equal(got, plain) || err != nil {
			t.Errorf("%s as a PDF: %+v, %v", name, got, err)
		}
	}
	if _, err := MeasureOf(iotest.ErrReader(io.ErrNoProgress), "csv"); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("a broken disk: %v", err)
	}
}

// TestMeasureIsBounded: neither a quoted field without an end nor columns without number are kept in memory.
func TestMeasureIsBounded(t *testing.T) {
	const size = 64 << 20
	for name, unit := range map[string]string{"a field": "x", "line ends in a field": "\n", "columns": ","} {
		begin := ""
		if unit != "," {
			begin = "\""
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err := MeasureOf(io.MultiReader(strings.NewReader(begin), io.LimitReader(endless(unit[0]), size)), "csv")
		runtime.ReadMemStats(&after)
		if err != nil || m.Columns != nil || m.Bytes != int64(size+len(begin)) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
		if kept := after.TotalAlloc - before.TotalAlloc; kept > size/2 {
			t.Errorf("%s: %d bytes of memory", name, kept)
		}
	}
}

type endless byte

func (e endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(e)
	}
	return len(p), nil
}

func BenchmarkMeasure(b *testing.B) {
	text := "vehicle,sessions,energy_wh,amount,currency,first_session,last_session\n" +
		strings.Repeat("veh_0123456789abcdef,17,412345,123456,EUR,2026-04-01T06:00:00.000Z,2026-04-30T18:00:00.000Z\n", 200_000)
	for _, format := range []string{"csv", "pdf"} {
		b.Run(format, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if m, err := MeasureOf(strings.NewReader(text), format); err != nil || (m.Columns == nil) == (format == "csv") {
					b.Fatal(m, err)
				}
			}
		})
	}
}
