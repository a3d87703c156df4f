package sandbox

import (
	"net/http"
	"strings"
	"testing"
)

// TestEventsStayOnThisMachine: whatever a name leads to, an address beyond loopback is not dialled. The proxies of the
// environment are not asked, either.
func TestEventsStayOnThisMachine(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	for _, url := range []string{"http://192.0.2.1/", "https://192.0.2.1:4242/", "http://[2001:db8::1]/", "http://0.0.0.0/"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := loopbackOnly().RoundTrip(r)
		if err == nil {
			_ = resp.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "sends nothing beyond this machine") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
