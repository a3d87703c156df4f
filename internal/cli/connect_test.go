package cli

import (
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// Every request names the version that this program reads, or the one that was asked for; the account's own is none.
func TestVersionThatIsAskedFor(t *testing.T) {
	for set, want := range map[string][]string{"": {"2026-03-01"}, "2025-11-01": {"2025-11-01"}, "account": nil} {
		v := newCommandTest(t)
		v.vars["CHARGE_API_VERSION"] = set
		sandbox, requests := v.network, 0
		v.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
			if req.URL.Host != "files.chargeapi.co" {
				requests++
				if got := req.Header.Values("Charge-Version"); !slices.Equal(got, want) {
					t.Errorf("%q: %s %s has Charge-Version %q, want %q", set, req.Method, req.URL, got, want)
				}
			}
			return sandbox.RoundTrip(req)
		})
		code, _, stderr := v.run(t, "reports create --type charging_summary --period 2026-04 --download -o april.csv --dir "+t.TempDir())
		if code != 0 || requests < 2 {
			t.Errorf("%q: exit %d after %d requests, %s", set, code, requests, stderr)
		}
	}
}

// A run has one client, and asks for each fleet once: six names are one listing, and six time zones one connection.
func TestOneClientPerRun(t *testing.T) {
	for name, tc := range map[string]struct {
		member   string // of a fleet, by which it is named
		requests int
	}{
		"names": {".name", 1},
		"ids":   {".id", 6},
	} {
		t.Run(name, func(t *testing.T) {
			v := newCommandTest(t)
			v.sandbox = sandbox.New(sandbox.Options{Vehicles: 3, Fleets: 6})
			var requests, connections atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				v.sandbox.API().ServeHTTP(w, r)
			}))
			server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
				if state == http.StateNew {
					connections.Add(1)
				}
			}
			server.Start()
			t.Cleanup(server.Close)
			v.network, v.vars["CHARGE_BASE_URL"] = nil, server.URL+"/v1"
			_, stdout, _ := v.run(t, "fleets list --jq .[]"+tc.member)
			args := strings.Fields("reports sync --type charging_summary --period 2026-04 --timezone fleet --dry-run")
			for fleet := range strings.Lines(stdout) {
				args = append(args, "--fleet", strings.TrimSpace(fleet))
			}
			requests.Store(0)
			connections.Store(0)
			app := v.app("", &strings.Builder{}, t.Output())
			app.args = args
			if code := app.run(t.Context()); code != 0 {
				t.Errorf("exit %d", code)
			}
			if requests.Load() != int64(tc.requests) || connections.Load() != 1 {
				t.Errorf("%d requests on %d connections, want %d on 1", requests.Load(), connections.Load(), tc.requests)
			}
		})
	}
}
