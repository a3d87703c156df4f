package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// TestResidentList lists 100,000 reports with the real binary. Line by line it holds no more than for a hundred; one
// JSON document, which is written only when it is whole, costs a few times its own size.
func TestResidentList(t *testing.T) {
	t.Parallel()
	oncePerRun(t)
	const pages = 1000
	for format, limit := range map[string]int{"--jsonl": 40_000, "--json": 400_000} { // kB
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			arrived, peaked := make(chan struct{}, 1), make(chan struct{})
			server := httptest.NewServer(longList(pages, arrived, peaked))
			t.Cleanup(server.Close)
			cmd := exec.CommandContext(t.Context(), build(t), strings.Fields("reports list "+format)...)
			cmd.Env = []string{"HOME=" + t.TempDir(), "CHARGE_API_KEY=ch_sk_test_long", "CHARGE_BASE_URL=" + server.URL + "/v1"}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines, read := 0, make(chan error, 1)
			first := make(chan struct{})
			go func() {
				scan := bufio.NewScanner(out)
				for scan.Scan() {
					if lines++; lines == 1 {
						close(first)
					}
				}
				read <- scan.Err()
			}()
			<-arrived
			peak := peakOf(t, cmd.Process.Pid)
			close(peaked)
			if format == "--json" {
				<-first // the document has been made
				peak = max(peak, peakOf(t, cmd.Process.Pid))
			}
			if err := <-read; err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
			if want := pages * 100; lines < want {
				t.Errorf("%d lines of %d reports", lines, want)
			}
			if peak > limit {
				t.Errorf("%d kB resident", peak)
			}
			t.Logf("%d kB resident at the peak", peak)
		})
	}
}

// longList is a listing of so many pages of a hundred reports. The last comes after peaked.
func longList(pages int, arrived chan<- struct{}, peaked <-chan struct{}) http.Handler {
	const object = `{"id":"rpt_%032d","object":"report","account":"acct_XIRZzPNBjG1HMBeZpyLhqkWC6FqGccKQ","created":"2026-05-01T00:00:00.000Z",` +
		`"fleet":null,"parameters":{"period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z","type":"charging_summary"},` +
		`"size":64642,"status":"succeeded","succeeded_at":"2026-05-01T00:05:00.000Z","type":"csv","url":"https://files.example.com/reports/1.csv"}`
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		next := fmt.Sprintf(`"http://%s/v1/reports?page=%d"`, r.Host, page+1)
		if page == pages-1 {
			next = "null"
			arrived <- struct{}{}
			<-peaked
		}
		objects := make([]string, 0, 100)
		for i := range 100 {
			objects = append(objects, fmt.Sprintf(object, page*100+i))
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"data":[%s],"next_page_url":%s,"previous_page_url":null}`, strings.Join(objects, ","), next)
	})
}
