package cli

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// TestForbiddenReportEndsAlone: a 403 is about one report. The wait for the others goes on, whether they are asked for
// one by one or listed.
func TestForbiddenReportEndsAlone(t *testing.T) {
	for name, n := range map[string]int{"one by one": 3, "listed": 20} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newCommandTest(t)
				v.sandbox = sandbox.New(sandbox.Options{Vehicles: 3, GenerationTime: time.Minute})
				honest := inproc.Transport(v.sandbox)
				v.network = honest
				var ids []string
				for range n {
					_, stdout, _ := v.run(t, "reports create --type charging_summary")
					ids = append(ids, strings.TrimSpace(stdout))
				}
				v.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
					if !strings.HasSuffix(req.URL.Path, ids[0]) && req.URL.Path != "/v1/reports" {
						return honest.RoundTrip(req)
					}
					body := `{"object":"error","type":"permission_error","code":null,"message":"not for this key","param":null,"request":"req_1","status":403}`
					return &http.Response{
						StatusCode: http.StatusForbidden, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
						Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
					}, nil
				})
				code, stdout, stderr := v.run(t, "reports wait "+strings.Join(ids, " "))
				if code != 4 || strings.Count(stdout, "\tsucceeded\n") != n-1 || !strings.Contains(stdout, ids[0]+"\tunknown\n") {
					t.Errorf("exit %d\n%s%s", code, stdout, stderr)
				}
				var told []string
				for line := range strings.Lines(stderr) {
					if strings.HasPrefix(line, "chargectl:") {
						told = append(told, strings.TrimSuffix(line, "\n"))
					}
				}
				if diff := cmp.Diff([]string{"chargectl: get report " + ids[0] + ": not for this key (request req_1)"}, told); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
