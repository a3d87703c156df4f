package sandbox

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// endpoint is one registered webhook endpoint. It is read and changed with the sandbox locked.
type endpoint struct {
	endpointObject

	slots chan struct{} // holds a token for each request to it that is under way
}

// The statuses of an endpoint (charge-api.md, Webhooks).
const (
	enabled  = "enabled"
	disabled = "disabled"
)

// createEndpoint registers an endpoint. Two with one URL are two: the contract knows no other identity than the id.
func (s *Sandbox) createEndpoint(c call) (any, *refusal) {
	root, ok := decode(c.body)
	if !ok {
		return nil, badRequest("", "the body is not one JSON object")
	}
	n := len(s.endpoints) + 1
	object := endpointObject{
		ID: newID(s.seed, "wh_", n), Object: "webhook_endpoint", Created: formatInstant(c.now),
		Metadata: members{}, Secret: newID(s.seed, "whsec_", n), Status: enabled,
	}
	object.URL, _ = root["url"].(string)
	at, err := url.Parse(object.URL)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" {
		return nil, badRequest("url", "url must be an http or https URL")
	}
	if !isLoopback(at.Hostname()) {
		return nil, badRequest("url", "url must be on loopback, such as http://127.0.0.1:4242/, and %q is not: "+
			"a sandbox sends nothing beyond this machine", at.Host)
	}
	if _, sent := root["enabled_events"]; !sent {
		return nil, badRequest("enabled_events", "enabled_events must name the types of events to send")
	}
	if object.APIVersion, ok = nullable(root["api_version"]); !ok {
		return nil, badRequest("api_version", "api_version must be a string or null")
	}
	if refused := object.change(root); refused != nil {
		return nil, refused
	}
	s.endpoints = append(s.endpoints, &endpoint{object, make(chan struct{}, maxUnderWay)})
	if n == 1 { // until now there was nobody to send events to
		s.watchAll(c.now)
	}
	return object, nil
}

// isLoopback tells whether a host is this machine and nothing else.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// change takes over what a request says about an endpoint and leaves what it does not mention. A refused request
// may have changed some of it.
func (e *endpointObject) change(root members) *refusal {
	var ok bool
	if events, sent := root["enabled_events"]; sent {
		if e.EnabledEvents, ok = texts(events); !ok || len(e.EnabledEvents) == 0 {
			return badRequest("enabled_events", "enabled_events must be an array of at least one type of event")
		}
	}
	if description, sent := root["description"]; sent {
		if e.Description, ok = nullable(description); !ok {
			return badRequest("description", "description must be a string or null")
		}
	}
	if metadata, sent := root["metadata"]; sent {
		if e.Metadata, ok = metadata.(map[string]any); !ok {
			return badRequest("metadata", "metadata must be an object")
		}
	}
	return nil
}

func (s *Sandbox) updateEndpoint(c call) (any, *refusal) {
	e, refused := s.endpoint(c.id)
	if refused != nil {
		return nil, refused
	}
	root, ok := decode(c.body)
	if !ok {
		return nil, badRequest("", "the body is not one JSON object")
	}
	object := e.endpointObject
	if status, sent := root["status"]; sent {
		if object.Status, _ = status.(string); object.Status != enabled && object.Status != disabled {
			return nil, badRequest("status", "status must be %s or %s", enabled, disabled)
		}
	}
	if refused := object.change(root); refused != nil {
		return nil, refused
	}
	e.endpointObject = object
	return object, nil
}

// endpoint returns an endpoint by its id; the sandbox is locked.
func (s *Sandbox) endpoint(id string) (*endpoint, *refusal) {
	i := slices.IndexFunc(s.endpoints, func(e *endpoint) bool { return e.ID == id })
	if i < 0 {
		return nil, absent("webhook_endpoint_not_found", "webhook_endpoint", "no such webhook endpoint: %s", id)
	}
	return s.endpoints[i], nil
}

func (s *Sandbox) getEndpoint(c call) (any, *refusal) {
	e, refused := s.endpoint(c.id)
	if refused != nil {
		return nil, refused
	}
	return e.endpointObject, nil
}

func (s *Sandbox) listEndpoints(c call) (any, *refusal) {
	return s.page(c, list{
		name: "webhook_endpoints", count: len(s.endpoints),
		shows: func(int) bool { return true },
		view:  func(i int) any { return s.endpoints[i].endpointObject },
	})
}
