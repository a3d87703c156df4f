package api

import (
	"bytes"
	"context"
	"iter"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// EndpointPages lists webhook endpoints, as ReportPages does reports.
func (c *Client) EndpointPages(ctx context.Context) iter.Seq2[[]charge.Endpoint, error] {
	return func(yield func([]charge.Endpoint, error) bool) {
		pages(ctx, c, endpoints, url.Values{}, endpointOf, yield)
	}
}

// Endpoint returns one webhook endpoint (GET /webhook_endpoints/{id}), with errors as those of Report.
func (c *Client) Endpoint(ctx context.Context, id string) (charge.Endpoint, error) {
	return byID(ctx, c, request{op: "get", kind: endpoints, id: id}, endpointOf)
}

// CreateEndpoint registers a webhook endpoint (POST /webhook_endpoints) as CreateReport asks for a report.
func (c *Client) CreateEndpoint(ctx context.Context, body []byte, key string) (charge.Endpoint, error) {
	return one(ctx, c, request{op: "register webhook endpoint", kind: endpoints, body: body, key: key}, endpointOf)
}

// UpdateEndpoint changes the members in body of a webhook endpoint (POST /webhook_endpoints/{id}) under an idempotency key.
// An id that is none is a usage error.
func (c *Client) UpdateEndpoint(ctx context.Context, id string, body []byte, key string) (charge.Endpoint, error) {
	return byID(ctx, c, request{op: "update", kind: endpoints, id: id, body: body, key: key}, endpointOf)
}

// endpointOf reads one webhook endpoint (charge-api.md, Webhooks), and takes the secret out of what it keeps in Raw.
// Errors are those of check.
func endpointOf(_ *answer, v value) (charge.Endpoint, error) {
	members := v.members()
	secret := members["secret"].text()
	e := charge.Endpoint{
		ID:          members["id"].text(),
		URL:         members["url"].text(),
		Status:      members["status"].text(),
		Description: members["description"].text(),
		Secret:      func() string { return secret },
		Raw:         masked(v, members["secret"]),
	}
	for event := range members["enabled_events"].elements() {
		e.Events = append(e.Events, event.text())
	}
	return e, endpoints.check(e.ID)
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
