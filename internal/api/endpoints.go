package api

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// EndpointPages lists webhook endpoints, as ReportPages does reports.
func (c *Client) EndpointPages(ctx context.Context) iter.Seq2[[]charge.Endpoint, error] {
	return pages(ctx, c, "list webhook endpoints", c.base+"/webhook_endpoints?limit="+pageLimit, endpointOf)
}

// Endpoint returns one webhook endpoint (GET /webhook_endpoints/{id}). An id that is none is a usage error; an answer
// about another endpoint is KindTemporary.
func (c *Client) Endpoint(ctx context.Context, id string) (charge.Endpoint, error) {
	if err := charge.CheckID(charge.EndpointPrefix, id); err != nil {
		return charge.Endpoint{}, err
	}
	r := request{op: "get webhook endpoint " + id, method: http.MethodGet, url: c.base + "/webhook_endpoints/" + id}
	return one(ctx, c, r, "webhook endpoint", id, endpointOf)
}

// CreateEndpoint registers a webhook endpoint (POST /webhook_endpoints) as CreateReport asks for a report.
func (c *Client) CreateEndpoint(ctx context.Context, body []byte, key string) (charge.Endpoint, error) {
	r := request{op: "register webhook endpoint", method: http.MethodPost, url: c.base + "/webhook_endpoints", body: body, key: key}
	return one(ctx, c, r, "webhook endpoint", "", endpointOf)
}

// UpdateEndpoint changes the members in body of a webhook endpoint (POST /webhook_endpoints/{id}) under an idempotency key.
// An id that is none is a usage error.
func (c *Client) UpdateEndpoint(ctx context.Context, id string, body []byte, key string) (charge.Endpoint, error) {
	if err := charge.CheckID(charge.EndpointPrefix, id); err != nil {
		return charge.Endpoint{}, err
	}
	r := request{op: "update webhook endpoint " + id, method: http.MethodPost, url: c.base + "/webhook_endpoints/" + id,
		body: body, key: key}
	return one(ctx, c, r, "webhook endpoint", id, endpointOf)
}

// endpointOf reads one webhook endpoint (charge-api.md, Webhooks), and takes the secret out of what it keeps in Raw.
// Without an id it is none: KindTemporary; with an id that no path may hold it is KindInternal.
func endpointOf(_ *answer, v value) (charge.Endpoint, error) {
	secret := v.get("secret").text()
	e := charge.Endpoint{
		ID:          v.get("id").text(),
		URL:         v.get("url").text(),
		Status:      v.get("status").text(),
		Description: v.get("description").text(),
		Secret:      func() string { return secret },
		Raw:         []byte(v),
	}
	for event := range v.get("enabled_events").elements() {
		e.Events = append(e.Events, event.text())
	}
	for name, member := range v.members() {
		if name == "secret" {
			e.Raw = masked(e.Raw, member)
		}
	}
	switch {
	case e.ID == "":
		return charge.Endpoint{}, charge.Errorf(charge.KindTemporary, "the API answered with a webhook endpoint without id")
	case charge.CheckID(charge.EndpointPrefix, e.ID) != nil:
		return charge.Endpoint{}, badID("a webhook endpoint", e.ID)
	default:
		return e, nil
	}
}

// masked takes the secret that a member holds out of an object: the member, and the same text elsewhere.
func masked(raw []byte, member value) []byte {
	secret := member.text()
	if secret == "" {
		return raw
	}
	raw = bytes.ReplaceAll(raw, member, []byte(`"`+charge.MaskedSecret+`"`))
	if !strings.HasPrefix(secret, charge.SecretPrefix) || len(secret) <= len(charge.MaskedSecret) || strings.ContainsAny(secret, `"\`) {
		return raw // it could be a part of anything
	}
	return bytes.ReplaceAll(raw, []byte(secret), []byte(charge.MaskedSecret))
}
