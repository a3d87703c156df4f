package webhook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestParseEvent(t *testing.T) {
	for body, want := range map[string]event{
		`{"type":"report.succeeded","data":{"object":{"id":"rpt_1"}}}`:                                                  {"report.succeeded", "rpt_1"},
		`{"id":"evt_1","type":"report.succeeded","data":{"object":{"id":"rpt_1","fleet":{"id":"flt_1"}}}} `:             {"report.succeeded", "rpt_1"},
		`{"type":"charge.succeeded","data":{"object":{"id":"chg_1"}}}`:                                                  {"charge.succeeded", ""},
		`{"type":"charge.succeeded"}`:                                                                                   {"charge.succeeded", ""},
		`{"type":"report.succeeded","Type":"charge.succeeded","data":{"object":{"id":"rpt_1","ID":"rpt_2"}},"DATA":{}}`: {"report.succeeded", "rpt_1"},
	} {
		got, err := parseEvent([]byte(body))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(event{})); err != nil || diff != "" {
			t.Errorf("%s: %v, -want +got:\n%s", body, err, diff)
		}
	}
	for _, body := range []string{
		"", "null", "1", `"report.succeeded"`, "[]", "{", `{"type":"report.succeeded"}x`, "{}", `{"type":null}`, `{"type":1}`, `{"type":""}`,
		`{"Type":"report.succeeded","data":{"object":{"id":"rpt_1"}}}`,
		`{"type":"report.succeeded"}`, `{"type":"report.succeeded","data":null}`, `{"type":"report.succeeded","data":{"object":"rpt_1"}}`,
		`{"type":"report.succeeded","data":{"object":{"id":null}}}`, `{"type":"report.succeeded","data":{"object":{"id":"flt_1"}}}`,
		`{"type":"report.succeeded","data":{"object":{"id":"rpt_../../x"}}}`, `{"type":"report.succeeded","data":{"object":{"id":"rpt_1\n"}}}`,
		`{"type":"report.succeeded","data":{"object":{"id":"rpt_` + strings.Repeat("a", 300) + `"}}}`,
		strings.Repeat(`{"data":`, 100_000) + strings.Repeat("}", 100_000),
		`{"type":"report.succeeded","data":` + strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000) + `}`,
	} {
		if got, err := parseEvent([]byte(body)); charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%s: %+v, %v", charge.Clip(body, 80), got, err)
		}
	}
}

// FuzzEvent: whatever a body is, a report is taken from it only under an id that is safe.
func FuzzEvent(f *testing.F) {
	f.Add([]byte(`{"type":"report.succeeded","data":{"object":{"id":"rpt_1"}}}`))
	f.Add([]byte(`{"type":"charge.succeeded"}`))
	f.Add([]byte(`[[[[{"type":`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseEvent(body)
		if err != nil {
			return
		}
		if e.kind == "" || (e.report != "") != (e.kind == charge.ReportSucceeded) {
			t.Errorf("%q is %+v", body, e)
		}
		if e.report != "" && charge.CheckID(charge.ReportPrefix, e.report) != nil {
			t.Errorf("%q gives the id %q", body, e.report)
		}
	})
}
