package webhook

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Endpoints is where webhook endpoints are registered.
type Endpoints interface {
	EndpointPages(ctx context.Context) iter.Seq2[[]charge.Endpoint, error]
	Endpoint(ctx context.Context, id string) (charge.Endpoint, error)
	CreateEndpoint(ctx context.Context, body []byte, key string) (charge.Endpoint, error)
	UpdateEndpoint(ctx context.Context, id string, body []byte, key string) (charge.Endpoint, error)
}

// Registration says which endpoint there is to be.
type Registration struct {
	URL         string
	Description *string     // nil leaves it alone
	Version     string      // of the API, for the shape of events; empty leaves it to the account
	Mode        charge.Mode // of the key, for the derived keys
	Origin      string      // of the API, for the derived keys
	FreshKey    func() string
}

// inFlight is how long a conflict may mean that another machine is registering the same address.
const inFlight = 10 * time.Second

// Register finds the endpoint of an address, or makes it, and has report.succeeded sent to it. Run again, and by two
// machines at once, it comes to one endpoint: it is made under a key that follows from the address, and searched for once
// more afterwards. Errors are the API's.
func Register(ctx context.Context, api Endpoints, r Registration) (charge.Endpoint, error) {
	derived := func(date string) string {
		return charge.DerivedKey(r.Mode, r.Origin, 1, date, []byte("webhook_endpoint "+r.URL))
	}
	// A key may lead to an endpoint that has been deleted since. None may be a dead end.
	keys := []string{derived(""), derived(time.Now().UTC().Format(time.DateOnly)), r.FreshKey()}
	body := map[string]any{"url": r.URL, "enabled_events": []string{charge.ReportSucceeded}} // what may differ between two machines is set afterwards
	if r.Version != "" {
		body["api_version"] = r.Version
	}
	text, _ := json.Marshal(body) // always can be
	began, made := time.Now(), charge.Endpoint{}
	for {
		found, err := find(ctx, api, r.URL)
		if err == nil && found.ID == "" && made.ID != "" {
			// The listing is late; or the key has answered with an endpoint that is gone.
			_, err = api.Endpoint(ctx, made.ID)
			if err == nil {
				found = made
			} else if charge.KindOf(err) == charge.KindNotFound && len(keys) > 1 {
				keys, err = keys[1:], nil
			}
		}
		if err != nil {
			return charge.Endpoint{}, err
		}
		if found.ID != "" {
			return r.settle(ctx, api, found, made)
		}
		made, err = api.CreateEndpoint(ctx, text, keys[0])
		conflict := err != nil && charge.AsError(err).HTTPStatus == http.StatusConflict && time.Since(began) < inFlight
		if err != nil && (!conflict || !charge.Sleep(ctx, time.Second)) {
			return charge.Endpoint{}, err
		}
	}
}

// settle has report.succeeded sent to an endpoint. One that this run has made beside it gives way.
func (r Registration) settle(ctx context.Context, api Endpoints, e, made charge.Endpoint) (charge.Endpoint, error) {
	if made.ID != "" && made.ID != e.ID {
		if _, err := api.UpdateEndpoint(ctx, made.ID, []byte(`{"status":"disabled"}`), r.FreshKey()); err != nil {
			return charge.Endpoint{}, err
		}
	}
	change := map[string]any{}
	if e.Status != charge.EndpointEnabled {
		change["status"] = charge.EndpointEnabled
	}
	if !slices.Contains(e.Events, charge.ReportSucceeded) {
		change["enabled_events"] = append(slices.Clone(e.Events), charge.ReportSucceeded)
	}
	if r.Description != nil && *r.Description != e.Description {
		change["description"] = *r.Description
	}
	if len(change) == 0 {
		return e, nil
	}
	text, _ := json.Marshal(change)
	return api.UpdateEndpoint(ctx, e.ID, text, r.FreshKey())
}

// find is the endpoint of an address that all machines settle on: the oldest of those that are enabled, else the oldest.
func find(ctx context.Context, api Endpoints, address string) (found charge.Endpoint, err error) {
	for page, err := range api.EndpointPages(ctx) { // newest first
		if err != nil {
			return found, err
		}
		for _, e := range page {
			same := strings.TrimSuffix(e.URL, "/") == strings.TrimSuffix(address, "/")
			if same && (e.Status == charge.EndpointEnabled || found.Status != charge.EndpointEnabled) {
				found = e
			}
		}
	}
	return found, nil
}
