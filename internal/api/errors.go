package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// refusal makes the error of an answer that is not a 2xx, of the documented error object (charge-api.md, Errors) where it
// has one. Members of another type than documented are empty.
func refusal(a *answer) *charge.Error {
	e := &charge.Error{Kind: kindOf(a), Reason: "the API answered " + statusText(a.status)}
	members := a.json.members()
	documented := members["object"].text() == "error"
	message := ""
	if documented {
		e.Code, e.Param, e.DocURL = members["code"].text(), members["param"].text(), members["doc_url"].text()
		e.Request = members["request"].text()
		message = strings.TrimSuffix(strings.TrimSpace(members["message"].text()), ".")
	}
	switch {
	case strings.Trim(message, " .") != "":
		e.Reason = message
	case a.status/100 == 3:
		e.Reason += fmt.Sprintf(", a redirect to %s, and redirects are not followed: the key stays with its origin",
			destination(a.header.Get("Location")))
	case documented:
		e.Reason += " without a message"
	case a.instead != "":
		e.Reason += " with " + a.instead
	default:
		e.Reason += " with JSON that is not the API's error object"
	}
	return e
}

// kindOf sorts by status. A 404 or 410 that is a page, or that did not come whole, is not the API's word: something in
// between must never read as "the report is gone".
func kindOf(a *answer) charge.Kind {
	switch s := a.status; {
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return charge.KindAuth
	case (s == http.StatusNotFound || s == http.StatusGone) && !a.foreign:
		return charge.KindNotFound
	case s == http.StatusNotFound, s == http.StatusGone, s == http.StatusRequestTimeout, s == http.StatusTooEarly,
		s == http.StatusTooManyRequests, s >= 500:
		return charge.KindTemporary
	case s >= 400:
		return charge.KindUsage
	case s >= 300:
		return charge.KindRefused
	default:
		return charge.KindInternal
	}
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, http.StatusText(status)))
}

// destination names where a Location leads by its origin alone: path and query may be secret.
func destination(location string) string {
	u, err := url.Parse(location)
	switch {
	case location == "":
		return "nowhere"
	case err != nil:
		return "something that is no URL"
	case u.Host == "":
		return "the same host"
	default:
		return charge.Clip(originOf(u), 200)
	}
}
