package sandbox

import (
	"net/http"
	"net/url"
)

// createWebhook registers nothing: the sandbox delivers no events, but its answer is the contract's.
func (s *Sandbox) createWebhook(r *http.Request, _ string) (any, *problem) {
	body, refused := readBody(r)
	if refused != nil {
		return nil, refused
	}
	return s.once(r, body, func(string) (any, *problem) {
		object, refused := parseWebhook(body)
		if refused != nil {
			return nil, refused
		}
		s.webhooks++
		object.ID = newID(s.options.Seed, "wh_", s.webhooks)
		object.Secret = newID(s.options.Seed, "whsec_", s.webhooks)
		object.Created = formatInstant(s.now())
		return object, nil
	})
}

func parseWebhook(body []byte) (object webhookObject, refused *problem) {
	object = webhookObject{Object: "webhook_endpoint", Status: "enabled"}
	root, ok := decode(body)
	if !ok {
		return object, badRequest("", "the body is not one JSON object")
	}
	object.URL, _ = root.text("url")
	if at, err := url.Parse(object.URL); err != nil || at.Scheme != "https" || at.Host == "" {
		return object, badRequest("url", "url must be an https URL")
	}
	if object.EnabledEvents, ok = root.texts("enabled_events"); !ok || len(object.EnabledEvents) == 0 {
		return object, badRequest("enabled_events", "enabled_events must be an array of at least one event type")
	}
	if object.Description, ok = root.nullable("description"); !ok {
		return object, badRequest("description", "description must be a string or null")
	}
	if object.APIVersion, ok = root.nullable("api_version"); !ok {
		return object, badRequest("api_version", "api_version must be a string or null")
	}
	if object.Metadata, ok = root.object("metadata", false); !ok {
		return object, badRequest("metadata", "metadata must be an object")
	}
	if object.Metadata == nil {
		object.Metadata = members{}
	}
	return object, nil
}
