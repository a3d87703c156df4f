package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/term"
)

// TestLongArray: an array that is written in parts is the text that it would be as one, and nothing of it is written before
// its last object is known.
func TestLongArray(t *testing.T) {
	objects := []string{`{ "a" : [ ], "b":{} }`, "[\n1.10,\r\n 12345678901234567890 ]", `"` + strings.Repeat("long ", blockSize/4) + `"`, `null`}
	for i := range 5000 {
		objects = append(objects, fmt.Sprintf(`{"n":%d, "text":"\u001b<é\u2028東","raw":"`+"\u0085\u202e"+`","in":{"a":[1,{}]}}`, i))
	}
	var want bytes.Buffer
	check(t, json.Indent(&want, []byte("["+strings.Join(objects, ",")+"]"), "", "  "))
	for name, c := range map[string]struct {
		at   place
		want string
	}{"pipe": {pipes, want.String() + "\n"}, "terminal": {terminal, string(term.EscapeJSON(want.Bytes())) + "\n"}} {
		t.Run(name, func(t *testing.T) {
			out, stdout := open(t, c.at, Format{JSON: true})
			sheet := out.Sheet(Shape{Array: true})
			for _, object := range objects {
				check(t, sheet.Add(Row{Object: json.RawMessage(object)}))
			}
			if stdout.String() != "" {
				t.Errorf("%d bytes are written before the end", len(stdout.String()))
			}
			check(t, sheet.Close())
			if got := stdout.String(); got != c.want {
				t.Error(cmp.Diff(strings.Split(c.want, "\n"), strings.Split(got, "\n")))
			}
		})
	}
}

// TestArraysAreKeptAsTheirText, and hardly more.
func TestArraysAreKeptAsTheirText(t *testing.T) {
	var kept texts
	size, room := 0, 0
	for i := range 20_000 {
		text := fmt.Appendf(nil, `{"n":%d,"text":%q}`, i, strings.Repeat("x", 300))
		size += len(text)
		check(t, kept.add(text))
	}
	for _, block := range kept.blocks {
		room += block.Cap()
	}
	if limit := size + size/50 + blockSize; room > limit {
		t.Errorf("%d bytes are kept in %d, more than %d", size, room, limit)
	}
}

func TestArrayOfWhatIsNoJSON(t *testing.T) {
	out, stdout := open(t, pipes, Format{JSON: true})
	if err := out.Sheet(Shape{Array: true}).Fill(Row{Object: json.RawMessage(`{"a":1}`)}, Row{Object: json.RawMessage(`{"a":`)}); err == nil || stdout.String() != "" {
		t.Errorf("%v, %q", err, stdout)
	}
}
