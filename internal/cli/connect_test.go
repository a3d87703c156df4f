package cli

import (
	"net/http"
	"slices"
	"testing"
)

// Every request names the version that this program reads, or the one that was asked for; the account's own is none.
func TestVersionThatIsAskedFor(t *testing.T) {
	for set, want := range map[string][]string{"": {"2026-03-01"}, "2025-11-01": {"2025-11-01"}, "account": nil} {
		v := newViewer(t)
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
