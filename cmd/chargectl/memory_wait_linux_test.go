package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
)

// TestResidentWait waits for 10,000 reports and downloads them with the real binary, which holds less than 64 MB at its
// peak: where all are finished, where none is, and where none is and no listing shows them.
func TestResidentWait(t *testing.T) {
	t.Parallel()
	oncePerRun(t)
	const n = 10_000
	var ids strings.Builder
	for i := range n {
		fmt.Fprintf(&ids, "rpt_%032d\n", i)
	}
	for name, c := range map[string]struct {
		line   string
		status string
		listed bool
		code   int
		long   bool // runs in the long mode alone
	}{
		"finished":             {"reports wait -", "succeeded", true, 0, false},
		"finished, JSON lines": {"reports wait - --jsonl", "succeeded", true, 0, true},
		"finished, JSON":       {"reports wait - --json", "succeeded", true, 0, false},
		"files":                {"reports download - --dir out", "succeeded", true, 0, true},
		"open":                 {"reports wait - --timeout 5s", "pending", true, 8, false},
		"open and not listed":  {"reports wait - --timeout 20s", "pending", false, 8, true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.long && os.Getenv("CHARGECTL_LONG") != "1" {
				t.Skip("it takes long: CHARGECTL_LONG=1 runs it")
			}
			server := httptest.NewUnstartedServer(nil)
			var peak atomic.Int64
			cmd := exec.CommandContext(t.Context(), build(t), strings.Fields(c.line)...)
			server.Config.Handler = manyReports(n, c.status, c.listed, func() {
				peak.Store(max(peak.Load(), int64(peakOf(t, cmd.Process.Pid))))
			})
			server.Start()
			t.Cleanup(server.Close)
			cmd.Dir = t.TempDir()
			cmd.Env = []string{"HOME=" + cmd.Dir, "CHARGE_API_KEY=ch_sk_test_many", "CHARGE_BASE_URL=" + server.URL + "/v1"}
			cmd.Stdin = strings.NewReader(ids.String())
			out, err := cmd.Output()
			if code := cmd.ProcessState.ExitCode(); code != c.code {
				t.Errorf("%v", err)
			}
			if rows := strings.Count(string(out), "rpt_"); rows != n {
				t.Errorf("%d rows", rows)
			}
			if peak.Load() > 64_000 {
				t.Errorf("%d kB resident", peak.Load())
			}
			t.Logf("%d kB resident at the peak", peak.Load())
		})
	}
}

// manyReports is an API with reports rpt_0… to rpt_n, newest first, and the host of their files. It is told of every
// hundredth request.
func manyReports(n int, status string, listed bool, hundred func()) http.Handler {
	var requests atomic.Int64
	object := func(host string, i int) string {
		return fmt.Sprintf(`{"id":"rpt_%032d","object":"report","account":"acct_XIRZzPNBjG1HMBeZpyLhqkWC6FqGccKQ","created":"2026-05-01T00:%02d:%02d.%03dZ",`+
			`"fleet":null,"parameters":{"period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z","type":"charging_summary"},`+
			`"size":2,"status":%q,"succeeded_at":"2026-05-01T00:55:00.000Z","type":"csv","url":"http://%s/files/%d.csv"}`,
			i, (n-i)/60_000, (n-i)/1000%60, (n-i)%1000, status, host, i)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/reports", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		w.Header().Set("Content-Type", "application/json")
		if !listed {
			_, _ = fmt.Fprint(w, `{"data":[],"next_page_url":null,"previous_page_url":null}`)
			return
		}
		next := fmt.Sprintf(`"http://%s/v1/reports?page=%d"`, r.Host, page+1)
		if page == n/100-1 {
			next = "null"
		}
		objects := make([]string, 0, 100)
		for i := range 100 {
			objects = append(objects, object(r.Host, page*100+i))
		}
		_, _ = fmt.Fprintf(w, `{"data":[%s],"next_page_url":%s,"previous_page_url":null}`, strings.Join(objects, ","), next)
	})
	mux.HandleFunc("GET /v1/reports/{id}", func(w http.ResponseWriter, r *http.Request) {
		i, _ := strconv.Atoi(strings.TrimPrefix(r.PathValue("id"), "rpt_"))
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, object(r.Host, i))
	})
	mux.HandleFunc("GET /files/{name}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = fmt.Fprint(w, "a\n")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1)%100 == 0 {
			hundred()
		}
		mux.ServeHTTP(w, r)
	})
}
