package download

import (
	"bytes"
	"io"
	"testing"
	"testing/synctest"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestStream is about bytes that cannot be taken back: each is written once, whatever the host does.
func TestStream(t *testing.T) {
	cut := cutAfter(half, io.ErrUnexpectedEOF)
	again := func(change func([]byte)) answer {
		return func(charge.FileRange) (*charge.File, error) {
			data := content()
			change(data)
			return honest(data, start), nil
		}
	}
	same := func([]byte) {}
	early := func(data []byte) { data[3]++ }
	late := func(data []byte) { data[half]++ }
	for name, tt := range map[string]struct {
		answers []answer
		kind    charge.Kind // empty: all of it is out
		out     int
	}{
		"at once":                     {nil, "", 2 * half},
		"resumed":                     {[]answer{cut, cutAfter(1000, io.ErrUnexpectedEOF)}, "", 2 * half},
		"again from the start":        {[]answer{cut, again(same)}, "", 2 * half},
		"again after a 416":           {[]answer{cut, change(func(f *charge.File) { f.HTTPStatus = 416 }), again(same)}, "", 2 * half},
		"again, cut while compared":   {[]answer{cut, func(r charge.FileRange) (*charge.File, error) { return cutAfter(1000, io.ErrUnexpectedEOF)(start) }}, "", 2 * half},
		"changed before what is out":  {[]answer{cut, again(early)}, charge.KindOutput, half},
		"changed after what is out":   {[]answer{cut, again(late)}, "", 2 * half},
		"another size at the restart": {[]answer{cut, change(func(f *charge.File) { f.HTTPStatus = 200; f.End++ })}, charge.KindOutput, half},
		"five cuts":                   {append([]answer{cut}, repeat(5, refuse(charge.KindTemporary, 0))...), charge.KindTemporary, half},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				w.script(tt.answers...)
				var out bytes.Buffer
				err := w.source().Stream(t.Context(), NewOutput(&out, "standard output"), w.report)
				if tt.kind != "" {
					wantKind(t, err, tt.kind)
				} else if err != nil {
					t.Error(err)
				}
				want := content()[:tt.out]
				if name == "changed after what is out" {
					want[half]++
				}
				if !bytes.Equal(out.Bytes(), want) {
					t.Errorf("%d bytes are out, and not the %d that should be", out.Len(), len(want))
				}
				w.wantOnly()
			})
		})
	}
}
