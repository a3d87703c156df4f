package sandbox

import (
	"net"
	"net/url"
	"slices"
	"strings"
)

// endpoint is one registered webhook endpoint. Its URL and secret never change; the rest is read and changed with the
// sandbox locked.
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
	body, refused := readBody(c.Request)
	if refused != nil {
		return nil, refused
	}
	return s.once(c.Request, body, func(string) (any, *refusal) {
		root, ok := decode(body)
		if !ok {
			return nil, badRequest("", "the body is not one JSON object")
		}
		object := endpointObject{Object: "webhook_endpoint", Status: enabled, Metadata: members{}}
		if object.URL, refused = parseEndpointURL(root); refused != nil {
			return nil, refused
		}
		if _, sent := root["enabled_events"]; !sent {
			return nil, badRequest("enabled_events", "enabled_events must name the types of events to send")
		}
		if object.APIVersion, ok = root.nullable("api_version"); !ok {
			return nil, badRequest("api_version", "api_version must be a string or null")
		}
		if refused := object.change(root); refused != nil {
			return nil, refused
		}
		return s.register(object), nil
	})
}

// parseEndpointURL refuses what is not on this machine.
func parseEndpointURL(root members) (string, *refusal) {
	text, _ := root.text("url")
	at, err := url.Parse(text)
	if err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Hostname() == "" {
		return "", badRequest("url", "url must be an http or https URL")
	}
	if !isLoopback(at.Hostname()) {
		return "", badRequest("url", "url must be on loopback, such as http://127.0.0.1:4242/, and %q is not: "+
			"a sandbox sends nothing beyond this machine", at.Host)
	}
	return text, nil
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
	if _, sent := root["enabled_events"]; sent {
		if e.EnabledEvents, ok = root.texts("enabled_events"); !ok || len(e.EnabledEvents) == 0 {
			return badRequest("enabled_events", "enabled_events must be an array of at least one type of event")
		}
	}
	if _, sent := root["description"]; sent {
		if e.Description, ok = root.nullable("description"); !ok {
			return badRequest("description", "description must be a string or null")
		}
	}
	if _, sent := root["metadata"]; sent {
		if e.Metadata, ok = root.object("metadata", false); !ok {
			return badRequest("metadata", "metadata must be an object")
		}
	}
	return nil
}

// register adds an endpoint; the sandbox is locked.
func (s *Sandbox) register(object endpointObject) endpointObject {
	n := len(s.endpoints) + 1
	object.ID, object.Secret = newID(s.seed, "wh_", n), newID(s.seed, "whsec_", n)
	object.Created = formatInstant(s.now())
	s.endpoints = append(s.endpoints, &endpoint{object, make(chan struct{}, maxUnderWay)})
	if n == 1 { // until now there was nobody to send events to
		for _, r := range s.reports {
			if s.now().Before(r.ended()) {
				s.watch(r)
			}
		}
	}
	return object
}

func (s *Sandbox) updateEndpoint(c call) (any, *refusal) {
	body, refused := readBody(c.Request)
	if refused != nil {
		return nil, refused
	}
	return s.once(c.Request, body, func(string) (any, *refusal) {
		e, refused := s.endpoint(c.id)
		if refused != nil {
			return nil, refused
		}
		root, ok := decode(body)
		if !ok {
			return nil, badRequest("", "the body is not one JSON object")
		}
		object := e.endpointObject
		if _, sent := root["status"]; sent {
			if object.Status, _ = root.text("status"); object.Status != enabled && object.Status != disabled {
				return nil, badRequest("status", "status must be %s or %s", enabled, disabled)
			}
		}
		if refused := object.change(root); refused != nil {
			return nil, refused
		}
		e.Status, e.EnabledEvents, e.Description, e.Metadata = object.Status, object.EnabledEvents, object.Description, object.Metadata
		return object, nil
	})
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
	if _, refused := s.parseExpand(c.URL.Query(), ""); refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, refused := s.endpoint(c.id)
	if refused != nil {
		return nil, refused
	}
	return e.endpointObject, nil
}

func (s *Sandbox) listEndpoints(c call) (any, *refusal) {
	q, refused := s.parseQuery(c.Request, "webhook_endpoints", "")
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.page(q, list{
		count: len(s.endpoints),
		shows: func(int) bool { return true },
		view:  func(i int) any { return s.endpoints[i].endpointObject },
	}), nil
}
