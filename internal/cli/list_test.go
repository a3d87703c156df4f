package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// manyReports is an API that lists so many reports. From the page on that begins with the number broken, it refuses.
type manyReports struct{ count, broken int }

func (m manyReports) RoundTrip(r *http.Request) (*http.Response, error) {
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	answer := &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {"application/json"}}, Request: r}
	var page bytes.Buffer
	page.WriteString(`{"data":[`)
	for i := from; i < min(from+100, m.count); i++ {
		if i > from {
			page.WriteByte(',')
		}
		fmt.Fprintf(&page, `{"id":"rpt_%032d","object":"report","account":"acct_1","created":"2026-05-01T00:00:00.000Z","fleet":"flt_%032d",`+
			`"parameters":{"period_end":"2026-05-01T00:00:00.000Z","period_start":"2026-04-01T00:00:00.000Z","type":"charging_summary"},`+
			`"size":48213,"status":"succeeded","succeeded_at":"2026-05-01T00:00:03.000Z","type":"csv","url":"https://files.chargeapi.co/reports/%d.csv"}`, i, i%12, i)
	}
	next := "null"
	if from+100 < m.count {
		next = fmt.Sprintf(`"https://api.chargeapi.co/v1/reports?from=%d"`, from+100)
	}
	fmt.Fprintf(&page, `],"next_page_url":%s}`, next)
	if m.broken > 0 && from >= m.broken {
		answer.StatusCode = http.StatusForbidden
		page.Reset()
	}
	answer.Body = io.NopCloser(&page)
	return answer, nil
}

// TestPageThatFails: what is written of a list before is whole lines, and a document or what jq makes of it is not begun.
func TestPageThatFails(t *testing.T) {
	for flags, lines := range map[string]int{"": 200, "--jsonl": 200, "--json": 0, "--jq .[].id": 0} {
		v := newCommandTest(t)
		v.network = manyReports{count: 500, broken: 200}
		code, stdout, stderr := v.run(t, "reports list "+flags)
		if code != 4 || strings.Count(stdout, "\n") != lines || stdout != "" && !strings.HasSuffix(stdout, "\n") {
			t.Errorf("%q: exit %d with %d lines, wanted 4 with %d; %s", flags, code, strings.Count(stdout, "\n"), lines, stderr)
		}
	}
}

func BenchmarkList(b *testing.B) {
	for _, flags := range []string{"", "--jsonl", "--json"} {
		b.Run("10000"+flags, func(b *testing.B) {
			v := &commandTest{network: manyReports{count: 10_000}, vars: map[string]string{"CHARGE_API_KEY": "ch_sk_test_0123456789abcdef"}}
			b.ReportAllocs()
			for b.Loop() {
				if code := v.app("reports list "+flags, io.Discard, io.Discard).run(b.Context()); code != 0 {
					b.Fatal(code)
				}
			}
		})
	}
}
