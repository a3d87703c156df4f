package sandbox_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

const local = "http://127.0.0.1:4242/events"

// endpointAt is a body that registers an endpoint for report.succeeded; members that are given replace those it has.
func endpointAt(url string, members ...string) string {
	for _, of := range []string{`"url":"` + url + `"`, `"enabled_events":["report.succeeded"]`} {
		name, _, _ := strings.Cut(of, ":")
		if !slices.ContainsFunc(members, func(m string) bool { return strings.HasPrefix(m, name+":") }) {
			members = append(members, of)
		}
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (b *sandboxTest) register(body string, header ...string) object {
	b.t.Helper()
	return b.do(http.MethodPost, base+"/webhook_endpoints", body, header...).ok(b.t)
}

// change sends what is to be different about an endpoint.
func (b *sandboxTest) change(e object, body string) object {
	b.t.Helper()
	return b.do(http.MethodPost, base+"/webhook_endpoints/"+e.text("id"), body).ok(b.t)
}

func TestEndpointsAreKept(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	e := b.register(endpointAt("https://localhost/x?y=1", `"description":"d"`, `"api_version":"2026-03-01"`, `"metadata":{"n":12345678901234567890}`, `"new":1`))
	id, secret := e.text("id"), e.text("secret")
	if len(id) != len("wh_")+32 || len(secret) != len("whsec_")+32 || !strings.HasPrefix(id, "wh_") || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("id %q, secret %q", id, secret)
	}
	want := object{
		"id": id, "object": "webhook_endpoint", "secret": secret, "url": "https://localhost/x?y=1", "status": "enabled",
		"enabled_events": []any{"report.succeeded"}, "api_version": "2026-03-01", "created": "2026-05-01T06:00:00.000Z",
		"description": "d", "livemode": false, "metadata": map[string]any{"n": 12345678901234567890.0},
	}
	one := base + "/webhook_endpoints/" + id
	for what, got := range map[string]object{
		"the answer": e, "a GET": b.get(one).ok(t), "a change of nothing": b.change(e, "{}"),
		"the listing": b.get(base + "/webhook_endpoints").ok(t).rows()[0],
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, -want +got:\n%s", what, diff)
		}
	}
	if body := b.get(one).body; !strings.Contains(body, `"metadata":{"n":12345678901234567890}`) {
		t.Errorf("metadata is not echoed: %s", body)
	}
	bare := b.register(endpointAt("http://[::1]/", `"description":null`, `"api_version":null`, `"status":"disabled"`))
	if diff := cmp.Diff([]any{nil, nil, map[string]any{}, "enabled"}, []any{bare["description"], bare["api_version"], bare["metadata"], bare["status"]}); diff != "" {
		t.Errorf("of a bare one, -want +got:\n%s", diff)
	}
}

func TestEndpointsAreChanged(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	e := b.register(endpointAt(local, `"description":"d"`, `"metadata":{"a":"1"}`))
	for _, step := range []struct {
		body string
		then object // what is different from then on
	}{
		{`{"status":"disabled"}`, object{"status": "disabled"}},
		{`{"enabled_events":["charge.succeeded","report.succeeded"]}`, object{"enabled_events": []any{"charge.succeeded", "report.succeeded"}}},
		{`{"description":null,"metadata":{"b":"2"}}`, object{"description": nil, "metadata": map[string]any{"b": "2"}}},
		{`{"status":"enabled","url":"http://127.0.0.1:1/","secret":"whsec_mine","api_version":"2020-01-01"}`, object{"status": "enabled"}},
	} {
		for name, value := range step.then {
			e[name] = value
		}
		for what, got := range map[string]object{"the answer": b.change(e, step.body), "a GET": b.get(base + "/webhook_endpoints/" + e.text("id")).ok(t)} {
			if diff := cmp.Diff(e, got); diff != "" {
				t.Errorf("%s: %s, -want +got:\n%s", step.body, what, diff)
			}
		}
	}
	for _, refused := range []string{
		`{"status":"off"}`, `{"status":null}`, `{"enabled_events":[]}`, `{"status":"disabled","metadata":1}`, `{"description":1}`, `[]`,
	} {
		if a := b.do("POST", base+"/webhook_endpoints/"+e.text("id"), refused); a.status != http.StatusBadRequest {
			t.Errorf("%s: %d %s", refused, a.status, a.body)
		}
	}
	if diff := cmp.Diff(e, b.get(base+"/webhook_endpoints/"+e.text("id")).ok(t)); diff != "" {
		t.Errorf("a refused change has changed something: %s", diff)
	}
}

func TestEndpointsHaveIdempotencyKeys(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	first := b.register(endpointAt(local), "Idempotency-Key", "k")
	b.change(first, `{"status":"disabled"}`)
	b.same(first, b.register(endpointAt(local), "Idempotency-Key", "k"))
	b.same(409, b.do("POST", base+"/webhook_endpoints", endpointAt("http://localhost/"), "Idempotency-Key", "k").status)
	b.same(409, b.do("POST", base+"/reports", april(""), "Idempotency-Key", "k").status)
	b.clock.forward(24 * time.Hour)
	second := b.register(endpointAt(local), "Idempotency-Key", "k")
	third := b.register(endpointAt(local))
	var all []string
	for _, page := range b.walk("next_page_url", base+"/webhook_endpoints?limit=2") {
		all = append(all, page...)
	}
	b.same([]string{third.text("id"), second.text("id"), first.text("id")}, all)
	b.same([]int{2, 1}, sizes(b.walk("next_page_url", base+"/webhook_endpoints?limit=2")))
	if first.text("secret") == second.text("secret") {
		t.Error("two endpoints have one secret")
	}
}
