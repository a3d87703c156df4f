package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const address = "https://reports.test/charge"

// registry is an API that endpoints are registered with. It answers a key that it has seen with what it made then.
type registry struct {
	mu        sync.Mutex
	endpoints []charge.Endpoint // oldest first
	byKey     map[string]charge.Endpoint
	calls     []string
	keyless   bool                   // it makes a new one whatever the key
	late      time.Duration          // until what was made is listed
	made      map[string]time.Time   // by id
	conflict  func(key string) error // of a create; nil is none
}

func newRegistry(given ...charge.Endpoint) *registry {
	for i := range given {
		given[i].ID = fmt.Sprintf("wh_given%d", i)
	}
	return &registry{endpoints: given, byKey: map[string]charge.Endpoint{}, made: map[string]time.Time{}}
}

func endpoint(url, status string, events ...string) charge.Endpoint {
	return charge.Endpoint{URL: url, Status: status, Events: events}
}

func (g *registry) EndpointPages(context.Context) iter.Seq2[[]charge.Endpoint, error] {
	return func(yield func([]charge.Endpoint, error) bool) {
		time.Sleep(time.Millisecond)
		g.mu.Lock()
		g.calls = append(g.calls, "list")
		var listed []charge.Endpoint
		for _, e := range slices.Backward(g.endpoints) {
			if time.Since(g.made[e.ID]) >= g.late {
				listed = append(listed, e)
			}
		}
		g.mu.Unlock()
		for page := range slices.Chunk(listed, 1) {
			if !yield(page, nil) {
				return
			}
		}
	}
}

func (g *registry) Endpoint(_ context.Context, id string) (charge.Endpoint, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, "get")
	for _, e := range g.endpoints {
		if e.ID == id {
			return e, nil
		}
	}
	return charge.Endpoint{}, &charge.Error{Kind: charge.KindNotFound, Reason: "no such endpoint", HTTPStatus: 404}
}

type wire struct {
	URL         string   `json:"url"`
	Events      []string `json:"enabled_events"`
	Version     string   `json:"api_version"`
	Status      *string  `json:"status"`
	Description *string  `json:"description"`
}

func (g *registry) CreateEndpoint(_ context.Context, body []byte, key string) (charge.Endpoint, error) {
	time.Sleep(time.Millisecond)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, "create")
	if g.conflict != nil {
		if err := g.conflict(key); err != nil {
			return charge.Endpoint{}, err
		}
	}
	if e, known := g.byKey[key]; known && !g.keyless {
		return e, nil
	}
	var w wire
	if err := json.Unmarshal(body, &w); err != nil || w.Version != "2026-03-01" {
		return charge.Endpoint{}, fmt.Errorf("%s: %w", body, err)
	}
	e := endpoint(w.URL, "enabled", w.Events...)
	e.ID = fmt.Sprintf("wh_made%d", len(g.endpoints))
	g.endpoints = append(g.endpoints, e)
	g.byKey[key] = e
	g.made[e.ID] = time.Now()
	return e, nil
}

func (g *registry) UpdateEndpoint(_ context.Context, id string, body []byte, _ string) (charge.Endpoint, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls = append(g.calls, "update "+id+" "+string(body))
	var w wire
	if err := json.Unmarshal(body, &w); err != nil {
		return charge.Endpoint{}, err
	}
	i := slices.IndexFunc(g.endpoints, func(e charge.Endpoint) bool { return e.ID == id })
	e := &g.endpoints[i]
	if w.Status != nil {
		e.Status = *w.Status
	}
	if w.Events != nil {
		e.Events = w.Events
	}
	if w.Description != nil {
		e.Description = *w.Description
	}
	return *e, nil
}

func registration(description *string) Registration {
	n := 0
	return Registration{
		URL: address, Version: "2026-03-01", Mode: charge.Test, Origin: "https://api.test", Description: description,
		FreshKey: func() string { n++; return fmt.Sprintf("fresh-%d", n) },
	}
}

func TestRegister(t *testing.T) {
	words := "of the night"
	gone := charge.Errorf(charge.KindTemporary, "down")
	for name, c := range map[string]struct {
		registry    *registry
		description *string
		want        string
		calls       []string
	}{
		"there is none":              {newRegistry(endpoint("https://other.test/", "enabled", "report.succeeded")), nil, "wh_made1", []string{"list", "create", "list"}},
		"it is there":                {newRegistry(endpoint(address, "enabled", "x", "report.succeeded")), nil, "wh_given0", []string{"list"}},
		"but for a slash":            {newRegistry(endpoint(address+"/", "enabled", "report.succeeded")), nil, "wh_given0", []string{"list"}},
		"it is disabled":             {newRegistry(endpoint(address, "disabled", "report.succeeded")), nil, "wh_given0", []string{"list", `update wh_given0 {"status":"enabled"}`}},
		"it is sent other events":    {newRegistry(endpoint(address, "enabled", "x")), nil, "wh_given0", []string{"list", `update wh_given0 {"enabled_events":["x","report.succeeded"]}`}},
		"a description":              {newRegistry(), &words, "wh_made0", []string{"list", "create", "list", `update wh_made0 {"description":"of the night"}`}},
		"the enabled one of several": {newRegistry(endpoint(address, "disabled"), endpoint(address, "enabled", "report.succeeded"), endpoint(address, "enabled", "report.succeeded")), nil, "wh_given1", []string{"list"}},
		"the listing is late":        {&registry{byKey: map[string]charge.Endpoint{}, made: map[string]time.Time{}, late: time.Minute}, nil, "wh_made0", []string{"list", "create", "list", "get"}},
	} {
		inBubble(t, name, func(t *testing.T) {
			e, err := Register(t.Context(), c.registry, registration(c.description))
			if diff := cmp.Diff(c.calls, c.registry.calls); err != nil || e.ID != c.want || !e.Receives(charge.ReportSucceeded) || diff != "" {
				t.Errorf("%+v, %v (-want +got):\n%s", e, err, diff)
			}
		})
	}
	inBubble(t, "the API is down", func(t *testing.T) {
		g := newRegistry()
		g.conflict = func(string) error { return gone }
		if _, err := Register(t.Context(), g, registration(nil)); !errors.Is(err, gone) {
			t.Error(err)
		}
	})
}

// TestRegisterTwiceAtOnceIsOneEndpoint, whether or not the API honours keys.
func TestRegisterTwiceAtOnceIsOneEndpoint(t *testing.T) {
	for name, keyless := range map[string]bool{"keys lead to the first": false, "keys are not honoured": true} {
		inBubble(t, name, func(t *testing.T) {
			g := newRegistry()
			g.keyless = keyless
			var ids [5]string
			var all sync.WaitGroup
			for i := range ids {
				all.Go(func() {
					e, err := Register(t.Context(), g, registration(nil))
					if err != nil {
						t.Error(err)
					}
					ids[i] = e.ID
				})
			}
			all.Wait()
			enabled := 0
			for _, e := range g.endpoints {
				if e.Status == charge.EndpointEnabled {
					enabled++
				}
			}
			if distinct := slices.Compact(slices.Sorted(slices.Values(ids[:]))); len(distinct) != 1 || enabled != 1 {
				t.Errorf("they came to %v; %d of %d are enabled", distinct, enabled, len(g.endpoints))
			}
		})
	}
}

// TestRegisterWaitsForTheOther: a conflict says that another machine's request is under way.
func TestRegisterWaitsForTheOther(t *testing.T) {
	conflict := &charge.Error{Kind: charge.KindUsage, Reason: "in progress", HTTPStatus: 409}
	synctest.Test(t, func(t *testing.T) {
		g := newRegistry()
		began := time.Now()
		g.conflict = func(string) error {
			if time.Since(began) < 3*time.Second {
				return conflict
			}
			return nil
		}
		if e, err := Register(t.Context(), g, registration(nil)); err != nil || e.ID != "wh_made0" {
			t.Errorf("%+v, %v", e, err)
		}
		g = newRegistry()
		g.conflict = func(string) error { return conflict }
		began = time.Now()
		if _, err := Register(t.Context(), g, registration(nil)); !errors.Is(err, conflict) || time.Since(began) > inFlight+2*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

// TestRegisterAfterItWasDeleted: keys that lead to what is gone are no dead end, twice a day neither.
func TestRegisterAfterItWasDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRegistry()
		for n := range 3 {
			e, err := Register(t.Context(), g, registration(nil))
			if err != nil || len(g.endpoints) != 1 || g.endpoints[0].ID != e.ID {
				t.Fatalf("%d: %+v, %v, %v", n, e, err, g.endpoints)
			}
			g.endpoints = nil
		}
	})
}
