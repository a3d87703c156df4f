package charge

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"
)

// Whatever --param accepts can be sent, is the same when sent again, and leaves type and period alone.
func FuzzParseParams(f *testing.F) {
	for _, seed := range []string{"group_by=vehicle", "a.b=1.10", "a.b.c=[1,{\"x\":null}]", "type=x", "period_start=1", "a=", "=1", "a..b=1", "a", "\xff=1", "n=1e999"} {
		f.Add(seed, "a.b=2")
	}
	start := time.Date(2026, time.April, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, one, two string) {
		extra, err := ParseParams([]string{one, two})
		if err != nil {
			if KindOf(err) != KindUsage {
				t.Errorf("%q, %q: %v", one, two, err)
			}
			return
		}
		r := Request{Type: "t", Start: start, End: start.AddDate(0, 1, 0), Extra: extra}
		body, err := r.Body()
		if err != nil {
			return
		}
		again, err := r.Body()
		if err != nil || !bytes.Equal(body, again) {
			t.Errorf("%s, then %s, %v", body, again, err)
		}
		var sent struct {
			Parameters map[string]any `json:"parameters"`
		}
		if err := json.Unmarshal(body, &sent); err != nil {
			return // a number that Go has no room for is sent as it was written
		}
		if p := sent.Parameters; p["type"] != "t" || p["period_start"] != FormatInstant(r.Start) || p["period_end"] != FormatInstant(r.End) {
			t.Errorf("%q, %q made %s", one, two, body)
		}
	})
}

// Whatever a key may be sent to is encrypted on its way, or does not leave this machine.
func FuzzParseBaseURL(f *testing.F) {
	for _, seed := range []string{"https://api.chargeapi.co/v1", "http://127.0.0.1:8088/v1", "http://[::1]/v1", "http://api.chargeapi.co/v1", "https://user:pw@h/", "https://h/?x", "//h", "HTTPS://H", "https://h#f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u, err := ParseBaseURL(text)
		if err != nil {
			if KindOf(err) != KindUsage {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && !Loopback(u.Hostname()) {
			t.Errorf("%q was taken as %s", text, u)
		}
	})
}
