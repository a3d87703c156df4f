package api

import (
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestOrigin(t *testing.T) {
	for base, want := range map[string]string{
		"https://api.chargeapi.co/v1":     "https://api.chargeapi.co",
		"HTTPS://API.ChargeAPI.co:443/v1": "https://api.chargeapi.co",
		"https://api.chargeapi.co:8443":   "https://api.chargeapi.co:8443",
		"https://[2001:DB8::1]:443/":      "https://[2001:db8::1]",
		"https://[2001:db8::1]:8443/":     "https://[2001:db8::1]:8443",
		"http://localhost:80/v1":          "http://localhost",
		"http://127.9.0.1:8080":           "http://127.9.0.1:8080",
		"http://[::1]:8080":               "http://[::1]:8080",
	} {
		c, err := New(Options{BaseURL: base, Transport: answering(200, "")})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Origin(); got != want {
			t.Errorf("the origin of %q is %q, not %q", base, got, want)
		}
	}
}

func TestNewRefusesBaseURLs(t *testing.T) {
	for _, base := range []string{
		"", "api.chargeapi.co", "https://", "https:api.chargeapi.co/v1", "/v1", "ftp://api.chargeapi.co",
		"http://api.chargeapi.co/v1", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "http://10.0.0.1",
		"http://0.0.0.0:80", "https://user@api.chargeapi.co", "https://user:hunter2@api.chargeapi.co",
		"http://127.0.0.1@evil.example", "https://api.chargeapi.co/v1?key=hunter2", "https://api.chargeapi.co/v1?",
		"https://api.chargeapi.co/v1#hunter2", "https://api.chargeapi.co/v1#", "https://api\x00.co",
	} {
		_, err := New(Options{BaseURL: base})
		if e := wantKind(t, err, charge.KindUsage); strings.Contains(e.Error(), "hunter2") {
			t.Errorf("New(%q) repeats a secret: %v", base, e)
		}
	}
}

func TestNewRefusesVersionsAndKeys(t *testing.T) {
	for _, version := range []string{"2026", "2026-3-1", "2026-03-01x", "v1", "2026-03-01\n", " 2026-03-01"} {
		_, err := New(Options{BaseURL: "https://api.test", Version: version})
		wantKind(t, err, charge.KindUsage)
	}
	for _, key := range []string{"ch_sk_test_hunter2\n", "ch_sk_test hunter2", "\x00hunter2", "hunter2é"} {
		_, err := New(Options{BaseURL: "https://api.test", Key: key})
		if e := wantKind(t, err, charge.KindAuth); strings.Contains(e.Error(), "hunter2") {
			t.Errorf("the error repeats the key: %v", e)
		}
	}
}
