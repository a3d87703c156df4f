package api

import (
	"fmt"
	"math"
	"net/http"
	"testing"
)

func TestParseContentRange(t *testing.T) {
	for value, want := range map[string]byteRange{
		"bytes 0-0/1":              {0, 0, 1},
		"bytes 10-19/20":           {10, 19, 20},
		"Bytes 10-19/*":            {10, 19, -1},
		"bytes */1234":             {-1, -1, 1234},
		"bytes 5-9/99999999999999": {5, 9, 99999999999999},
	} {
		if got, ok := parseContentRange(value); !ok || got != want {
			t.Errorf("parseContentRange(%q) = %v, %v; want %v", value, got, ok, want)
		}
	}
	for _, value := range []string{
		"", "bytes", "bytes ", "bytes 0-0", "bytes /", "bytes -/1", "bytes 0-/1", "bytes -0/1", "bytes 9-5/20",
		"bytes 10-20/20", "bytes 0-0/", "bytes */*", "bytes=0-0/1", "items 0-0/1", "bytes  0-0/1", "bytes 0-0/1 ",
		"bytes +0-0/1", "bytes 0--1/1", "bytes 0x0-0x1/2", "bytes 0-0/1, bytes 1-1/2", "bytes 0-9223372036854775807/*",
		"bytes 0-99999999999999999999999/*", "bytes ٠-٠/1",
	} {
		if got, ok := parseContentRange(value); ok || got != (byteRange{}) {
			t.Errorf("parseContentRange(%q) = %v, %v; want it refused", value, got, ok)
		}
	}
}

func TestContentRangeGivenTwice(t *testing.T) {
	h := http.Header{"Content-Range": {"bytes 0-0/1", "bytes 0-0/2"}}
	if _, ok := contentRange(h); ok {
		t.Error("two headers that contradict each other were believed")
	}
}

func FuzzContentRange(f *testing.F) {
	for _, seed := range []string{"bytes 0-0/1", "bytes 10-19/*", "bytes */5", "bytes 9-5/20", "", "bytes -1-2/3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r, ok := parseContentRange(value)
		if !ok {
			return
		}
		if r.first > r.last || r.last == math.MaxInt64 || r.total >= 0 && r.last >= r.total {
			t.Errorf("%q gave the impossible %v", value, r)
		}
		text := fmt.Sprintf("bytes %d-%d/%d", r.first, r.last, r.total)
		if again, ok := parseContentRange(text); r.first >= 0 && r.total >= 0 && (!ok || again != r) {
			t.Errorf("%q gave %v, which prints as %q and reads as %v", value, r, text, again)
		}
	})
}
