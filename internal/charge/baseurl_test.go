package charge

import (
	"strings"
	"testing"
)

func TestParseBaseURL(t *testing.T) {
	tests := map[string]bool{
		"https://api.chargeapi.co/v1": true, "HTTPS://h": true, "https://[2001:db8::1]:8443/v1": true,
		"http://localhost:1/v1": true, "http://127.0.0.2": true, "http://[::1]:8/": true, "HTTP://LOCALHOST": true,
		"http://api.chargeapi.co/v1": false, "http://localhost.evil.example": false, "http://127.0.0.1.evil.example": false,
		"http://10.0.0.1": false, "http://0.0.0.0:80": false,
		"": false, "https://": false, "https:h": false, "//h": false, "/v1": false, "h": false, "file:///h": false, "ftp://h": false,
		"https://h/%zz": false, "https://h\n": false, "https://h\x00": false,
		"https://user@h": false, "https://u:hunter2@h": false, "http://127.0.0.1@evil.example": false,
		"https://h?a=hunter2": false, "https://h?": false, "https://h#hunter2": false, "https://h#": false,
	}
	for text, want := range tests {
		u, err := ParseBaseURL(text)
		if (err == nil) != want || (u != nil) != want || err != nil && KindOf(err) != KindUsage {
			t.Errorf("%q: %v, %v", text, u, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q repeats a secret", err)
		}
	}
}
