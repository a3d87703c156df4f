package sandbox_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// with returns the body of a create with some of its text replaced.
func with(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(april("")) }

func TestRefusals(t *testing.T) {
	const (
		request    = "invalid_request_error"
		validation = "report_validation_error"
		start      = `"2026-04-01T00:00:00.000Z"`
	)
	nobody := strings.Repeat("x", 32)
	tests := []struct {
		name         string
		method, path string
		body         string
		header       []string
		status       int
		kind         string
		code, param  any
	}{
		{"no key", "GET", "/reports", "", []string{"Authorization", ""}, 401, "authentication_error", nil, nil},
		{"live key", "GET", "/reports", "", []string{"Authorization", "Bearer ch_sk_live_abc"}, 401, "authentication_error", nil, nil},
		{"bare prefix", "GET", "/reports", "", []string{"Authorization", "Bearer ch_sk_test_"}, 401, "authentication_error", nil, nil},
		{"key with a sign", "GET", "/reports", "", []string{"Authorization", "Bearer ch_sk_test_a-b"}, 401, "authentication_error", nil, nil},
		{"other scheme", "GET", "/reports", "", []string{"Authorization", "Basic " + key}, 401, "authentication_error", nil, nil},
		{"version", "GET", "/reports", "", []string{"Charge-Version", "latest"}, 400, request, nil, "Charge-Version"},
		{"unknown path", "GET", "/invoices", "", nil, 404, request, nil, nil},
		{"unclean path", "GET", "//reports", "", nil, 404, request, nil, nil},
		{"wrong method", "DELETE", "/reports", "", nil, 404, request, nil, nil},
		{"version a year", "GET", "/reports", "", []string{"Charge-Version", "2026"}, 400, request, nil, "Charge-Version"},
		{"version with time", "GET", "/reports", "", []string{"Charge-Version", "2026-03-01T00:00:00Z"}, 400, request, nil, "Charge-Version"},
		{"version empty", "GET", "/reports", "", []string{"Charge-Version", ""}, 400, request, nil, "Charge-Version"},
		{"unknown report", "GET", "/reports/rpt_" + nobody, "", nil, 404, request, "report_not_found", "report"},
		{"unknown fleet", "GET", "/fleets/flt_" + nobody, "", nil, 404, request, "fleet_not_found", "fleet"},
		{"limit 0", "GET", "/reports?limit=0", "", nil, 400, request, nil, "limit"},
		{"limit 101", "GET", "/fleets?limit=101", "", nil, 400, request, nil, "limit"},
		{"limit not a number", "GET", "/reports?limit=ten", "", nil, 400, request, nil, "limit"},
		{"limit with a sign", "GET", "/reports?limit=%2B5", "", nil, 400, request, nil, "limit"},
		{"limit empty", "GET", "/reports?limit=", "", nil, 400, request, nil, "limit"},
		{"query malformed", "GET", "/reports?status=%zz", "", nil, 400, request, nil, nil},
		{"expand unknown", "GET", "/reports?expand=vehicle", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"expand twice, once wrong", "POST", "/reports?expand=fleet&expand=x", april(""), nil, 400, request, "unsupported_expand_value", "expand"},
		{"expand of one", "GET", "/reports/rpt_" + nobody + "?expand=", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"expand of fleets", "GET", "/fleets?expand=account", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"expand of a fleet", "GET", "/fleets/flt_" + nobody + "?expand=fleet", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"page made up", "GET", "/reports?page=page_AAAA", "", nil, 400, request, nil, "page"},

		{"not JSON", "POST", "/reports", april(""), []string{"Content-Type", "text/plain"}, 400, request, nil, "Content-Type"},
		{"malformed", "POST", "/reports", `{"parameters":`, nil, 400, request, validation, nil},
		{"two objects", "POST", "/reports", april("") + "{}", nil, 400, request, validation, nil},
		{"null", "POST", "/reports", `null`, nil, 400, request, validation, nil},
		{"too long", "POST", "/reports", april("") + strings.Repeat(" ", 1<<20), nil, 400, request, nil, nil},
		{"no parameters", "POST", "/reports", `{}`, nil, 400, request, validation, "parameters"},
		{"parameters a list", "POST", "/reports", `{"parameters":[]}`, nil, 400, request, validation, "parameters"},
		{"no type", "POST", "/reports", with(`"charging_summary"`, `""`), nil, 400, request, validation, "parameters.type"},
		{"no start", "POST", "/reports", with("period_start", "start"), nil, 400, request, validation, "parameters.period_start"},
		{"a date", "POST", "/reports", with(start, `"2026-04-01"`), nil, 400, request, validation, "parameters.period_start"},
		{"seconds", "POST", "/reports", with(start, `"2026-04-01T00:00:00Z"`), nil, 400, request, validation, "parameters.period_start"},
		{"comma", "POST", "/reports", with(start, `"2026-04-01T00:00:00,000Z"`), nil, 400, request, validation, "parameters.period_start"},
		{"offset", "POST", "/reports", with(start, `"2026-04-01T00:00:00.000+02:00"`), nil, 400, request, validation, "parameters.period_start"},
		{"no such day", "POST", "/reports", with(start, `"2026-02-30T00:00:00.000Z"`), nil, 400, request, validation, "parameters.period_start"},
		{"end a number", "POST", "/reports", with(`"2026-05-01T00:00:00.000Z"`, "5"), nil, 400, request, validation, "parameters.period_end"},
		{"end at start", "POST", "/reports", with("2026-05-01", "2026-04-01"), nil, 400, request, validation, "parameters.period_end"},
		{"fleet null", "POST", "/reports", with(`{"parameters"`, `{"fleet":null,"parameters"`), nil, 400, request, validation, "fleet"},
		{"fleet a name", "POST", "/reports", april("Lyon"), nil, 400, request, validation, "fleet"},
		{"fleet unknown", "POST", "/reports", april("flt_" + nobody), nil, 404, request, "fleet_not_found", "fleet"},
		{"group_by a list", "POST", "/reports", with(`"type"`, `"group_by":[],"type"`), nil, 400, request, validation, "parameters.group_by"},
		{"filters a list", "POST", "/reports", with(`"type"`, `"filters":[],"type"`), nil, 400, request, validation, "parameters.filters"},
		{"vehicle a string", "POST", "/reports", with(`"type"`, `"filters":{"vehicle":"v"},"type"`), nil, 400, request, validation, "parameters.filters.vehicle"},
		{"vehicle unknown", "POST", "/reports", with(`"type"`, `"filters":{"vehicle":["veh_1"]},"type"`), nil, 404, request, "vehicle_not_found", "parameters.filters.vehicle"},
		{"key too long", "POST", "/reports", april(""), []string{"Idempotency-Key", strings.Repeat("k", 256)}, 400, request, nil, "Idempotency-Key"},
		{"key empty", "POST", "/reports", april(""), []string{"Idempotency-Key", ""}, 400, request, nil, "Idempotency-Key"},

		{"endpoint elsewhere", "POST", "/webhook_endpoints", endpointAt("https://example.com/"), nil, 400, request, nil, "url"},
		{"endpoint on a network", "POST", "/webhook_endpoints", endpointAt("http://192.168.1.1:4242/"), nil, 400, request, nil, "url"},
		{"endpoint on every address", "POST", "/webhook_endpoints", endpointAt("http://0.0.0.0:4242/"), nil, 400, request, nil, "url"},
		{"endpoint of another scheme", "POST", "/webhook_endpoints", endpointAt("ftp://127.0.0.1/"), nil, 400, request, nil, "url"},
		{"endpoint without a host", "POST", "/webhook_endpoints", endpointAt("https:///events"), nil, 400, request, nil, "url"},
		{"endpoint with a bad URL", "POST", "/webhook_endpoints", endpointAt("http://127.0.0.1:port/"), nil, 400, request, nil, "url"},
		{"endpoint without a URL", "POST", "/webhook_endpoints", `{"enabled_events":["report.succeeded"]}`, nil, 400, request, nil, "url"},
		{"endpoint not JSON", "POST", "/webhook_endpoints", "{", nil, 400, request, nil, nil},
		{"endpoint of another type", "POST", "/webhook_endpoints", endpointAt(local), []string{"Content-Type", "text/plain"}, 400, request, nil, "Content-Type"},
		{"endpoint without events", "POST", "/webhook_endpoints", `{"url":"` + local + `"}`, nil, 400, request, nil, "enabled_events"},
		{"endpoint with no events", "POST", "/webhook_endpoints", endpointAt(local, `"enabled_events":[]`), nil, 400, request, nil, "enabled_events"},
		{"endpoint with events null", "POST", "/webhook_endpoints", endpointAt(local, `"enabled_events":null`), nil, 400, request, nil, "enabled_events"},
		{"endpoint with a number for an event", "POST", "/webhook_endpoints", endpointAt(local, `"enabled_events":[1]`), nil, 400, request, nil, "enabled_events"},
		{"endpoint with a version that is no text", "POST", "/webhook_endpoints", endpointAt(local, `"api_version":1`), nil, 400, request, nil, "api_version"},
		{"endpoint with a description that is no text", "POST", "/webhook_endpoints", endpointAt(local, `"description":[]`), nil, 400, request, nil, "description"},
		{"endpoint with metadata that is null", "POST", "/webhook_endpoints", endpointAt(local, `"metadata":null`), nil, 400, request, nil, "metadata"},
		{"endpoints by limit", "GET", "/webhook_endpoints?limit=0", "", nil, 400, request, nil, "limit"},
		{"endpoints expanded", "GET", "/webhook_endpoints?expand=fleet", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"unknown endpoint", "GET", "/webhook_endpoints/wh_" + nobody, "", nil, 404, request, "webhook_endpoint_not_found", "webhook_endpoint"},
		{"unknown endpoint expanded", "GET", "/webhook_endpoints/wh_" + nobody + "?expand=fleet", "", nil, 400, request, "unsupported_expand_value", "expand"},
		{"change of an unknown endpoint", "POST", "/webhook_endpoints/wh_" + nobody, "{}", nil, 404, request, "webhook_endpoint_not_found", "webhook_endpoint"},
		{"change of a wrong type", "POST", "/webhook_endpoints/wh_" + nobody, "{}", []string{"Content-Type", "text/plain"}, 400, request, nil, "Content-Type"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newSandboxTest(t, sandbox.Options{})
			a := b.do(test.method, base+test.path, test.body, test.header...)
			got := a.object(t)
			if got.text("message") == "" {
				t.Error("the error has no message")
			}
			delete(got, "message")
			delete(got, "doc_url")
			want := object{
				"object": "error", "status": float64(test.status), "type": test.kind,
				"code": test.code, "param": test.param, "request": a.header.Get("Request-Id"),
			}
			if diff := cmp.Diff(want, got); diff != "" || a.status != test.status {
				t.Errorf("status %d, -want +got:\n%s", a.status, diff)
			}
			if b.reports() != 0 {
				t.Error("a refused request made a report")
			}
		})
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	request := regexp.MustCompile(`^req_[A-Za-z0-9]{32}$`)
	seen := map[string]bool{}
	for _, path := range []string{"/reports", "/fleets", "/nothing"} {
		a := b.get(base + path)
		id := a.header.Get("Request-Id")
		if !request.MatchString(id) || seen[id] {
			t.Errorf("%s: request id %q is malformed or was used before", path, id)
		}
		seen[id] = true
		if got, want := a.header.Get("Date"), b.clock.Now().Format(http.TimeFormat); got != want {
			t.Errorf("%s: Date is %q, the clock says %q", path, got, want)
		}
		if got := a.header.Get("Content-Type"); got != "application/json" {
			t.Errorf("%s: Content-Type is %q", path, got)
		}
	}
}

// FuzzCreate shows that whatever is sent, the answer is a report or the documented error object, never a fault.
func FuzzCreate(f *testing.F) {
	for _, seed := range []string{april(""), april("flt_1"), "", "null", "[]", `{"parameters":{}}`, with(`"type"`, `"x":1e999,"type"`)} {
		f.Add(seed, "key")
	}
	f.Fuzz(func(t *testing.T, body, idempotencyKey string) {
		if strings.ContainsFunc(idempotencyKey, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Skip("not a header")
		}
		b := newSandboxTest(t, sandbox.Options{Vehicles: 1})
		a := b.do("POST", base+"/reports", body, "Content-Type", "application/json", "Idempotency-Key", idempotencyKey)
		want := map[int]string{200: "report", 400: "error", 404: "error"}[a.status]
		var got struct{ Object string }
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || want == "" || got.Object != want {
			t.Errorf("%d with object %q (%v)", a.status, got.Object, err)
		}
		if created := b.reports() == 1; created != (a.status == 200) {
			t.Errorf("%d, and created is %t", a.status, created)
		}
	})
}
