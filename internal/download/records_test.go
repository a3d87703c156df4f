package download

import (
	"encoding/csv"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// TestRecordsAreThoseOfACSV: the count is that of a reader of CSV, however the bytes come.
func TestRecordsAreThoseOfACSV(t *testing.T) {
	for _, text := range []string{
		"", "\n", "id,name\n", "id,name", "id,name\r\n1,a\r\n2,b\r\n", "id\n1\n2", "id\n\n1\n\r\n\n2\n\n", "\ufeffid\n1\n",
		"id,name\n1,\"a\nb\"\n2,\"say \"\"x\"\"\n\n,\"\n3,\"\"\n", "id\n\"\n\n\"\n", "id\n\"\"\n", "\"a\"\"\nb\"\n1\n",
	} {
		all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := int64(max(0, len(all)-1))
		for name, from := range map[string]io.Reader{
			"at once": strings.NewReader(text), "byte by byte": iotest.OneByteReader(strings.NewReader(text)),
			"in halves": iotest.HalfReader(strings.NewReader(text)),
		} {
			var r records
			if _, err := io.CopyBuffer(&r, struct{ io.Reader }{from}, make([]byte, 7)); err != nil || r.rows() != want {
				t.Errorf("%q %s: %d rows, want %d; %v", text, name, r.rows(), want, err)
			}
		}
	}
}
