package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const testEndpoint = `{"id":"wh_1","object":"webhook_endpoint","created":"2026-03-03T14:05:23.789Z","description":"d","enabled_events":["a","report.succeeded"],` +
	`"metadata":{"copy":"of whsec_0123456789abcdef"},"secret":"whsec_0123456789abcdef","status":"enabled","url":"https://e.test/","Secret":"x","later":1.0}`

// TestEndpointsAreReadAndTheirSecretsHidden, whatever they are printed as.
func TestEndpointsAreReadAndTheirSecretsHidden(t *testing.T) {
	e, err := decoded(testEndpoint, endpointOf)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"wh_1", "https://e.test/", "enabled", "a report.succeeded", "d", "whsec_0123456789abcdef"}
	if diff := cmp.Diff(want, []string{e.ID, e.URL, e.Status, strings.Join(e.Events, " "), e.Description, e.Secret()}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !e.Receives("a") || e.Receives("b") {
		t.Errorf("%v are received", e.Events)
	}
	raw := strings.ReplaceAll(testEndpoint, "whsec_0123456789abcdef", charge.MaskedSecret)
	if string(e.Raw) != raw {
		t.Errorf("Raw is %s", e.Raw)
	}
	for _, print := range []string{fmt.Sprintf("%v %+v %#v", e, e, e), string(e.Raw)} {
		if strings.Contains(print, "0123456789abcdef") {
			t.Errorf("%s shows the secret", print)
		}
	}
}

// TestSecretsThatAreNoneLeaveTheObjectAlone: a text that could be a part of anything is not taken out of everything.
func TestSecretsThatAreNoneLeaveTheObjectAlone(t *testing.T) {
	for _, secret := range []string{`""`, `null`, `1`, `"e"`, `"whsec_"`, `"whsec_\","`, `"status\":\"enabled"`, `"\u0077hsec_0123456789"`} {
		e, err := decoded(`{"id":"wh_1","status":"enabled","url":"https://e.test/","secret":`+secret+`}`, endpointOf)
		if err != nil || e.Status != "enabled" || !json.Valid(e.Raw) || !strings.Contains(string(e.Raw), `"status":"enabled"`) {
			t.Errorf("%s: %v, %s", secret, err, e.Raw)
		}
		if strings.Contains(string(e.Raw), "hsec_0123456789") {
			t.Errorf("%s is in %s", secret, e.Raw)
		}
	}
	for object, kind := range map[string]charge.Kind{
		`{}`: charge.KindTemporary, `{"id":"rpt_1"}`: charge.KindInternal, `{"id":"wh_../x"}`: charge.KindInternal, `[]`: charge.KindTemporary,
	} {
		if _, err := decoded(object, endpointOf); charge.KindOf(err) != kind {
			t.Errorf("%s: %v, want %s", object, err, kind)
		}
	}
}

// TestEndpointRequests: what is sent where, and under which key.
func TestEndpointRequests(t *testing.T) {
	var sent []string
	c := client(t, roundTrip(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Idempotency-Key")))
		if r.URL.RawQuery != "" {
			return reply(200, `{"data":[`+testEndpoint+`],"next_page_url":null,"previous_page_url":null}`), nil
		}
		return reply(200, testEndpoint), nil
	}))
	body := []byte(`{"url":"https://e.test/","enabled_events":["report.succeeded"]}`)
	for page, err := range c.EndpointPages(t.Context()) {
		if err != nil || len(page) != 1 || page[0].ID != "wh_1" {
			t.Errorf("%v, %v", page, err)
		}
	}
	for name, ask := range map[string]func() (charge.Endpoint, error){
		"get":    func() (charge.Endpoint, error) { return c.Endpoint(t.Context(), "wh_1") },
		"create": func() (charge.Endpoint, error) { return c.CreateEndpoint(t.Context(), body, "key-1") },
		"update": func() (charge.Endpoint, error) {
			return c.UpdateEndpoint(t.Context(), "wh_1", []byte(`{"status":"enabled"}`), "key-2")
		},
	} {
		if e, err := ask(); err != nil || e.ID != "wh_1" || e.Secret() != "whsec_0123456789abcdef" {
			t.Errorf("%s: %v", name, err)
		}
	}
	slices.Sort(sent)
	want := []string{
		"GET /v1/webhook_endpoints/wh_1", "GET /v1/webhook_endpoints?limit=100", "POST /v1/webhook_endpoints key-1", "POST /v1/webhook_endpoints/wh_1 key-2",
	}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for name, err := range map[string]error{
		"a report's id": second(c.Endpoint(t.Context(), "rpt_1")), "no id": second(c.UpdateEndpoint(t.Context(), "", nil, "k")),
	} {
		if charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := c.Endpoint(t.Context(), "wh_2"); charge.KindOf(err) != charge.KindTemporary {
		t.Errorf("an answer about another endpoint: %v", err)
	}
}

func second(_ charge.Endpoint, err error) error { return err }
