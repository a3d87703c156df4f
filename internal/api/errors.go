package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// apiFault is the API's error object (charge-api.md, Errors). Members of another type than documented are empty.
type apiFault struct{ code, docURL, message, param, request string }

// errorObject reads the documented error object, nil when v is anything else.
func errorObject(v value) *apiFault {
	var e apiFault
	documented := false
	for name, member := range v.members() {
		switch name {
		case "object":
			documented = member.text() == "error"
		case "code":
			e.code = member.text()
		case "doc_url":
			e.docURL = member.text()
		case "message":
			e.message = member.text()
		case "param":
			e.param = member.text()
		case "request":
			e.request = member.text()
		}
	}
	if !documented {
		return nil
	}
	return &e
}

// refusal makes the error of an answer that is not a 2xx.
func refusal(a *answer) *charge.Error {
	e := &charge.Error{Kind: kindOf(a), Reason: "the API answered " + statusText(a.status)}
	if a.fault != nil {
		e.Code, e.Param, e.DocURL = a.fault.code, a.fault.param, a.fault.docURL
	}
	switch {
	case a.fault != nil && strings.Trim(a.fault.message, " .") != "":
		e.Reason = strings.TrimSuffix(strings.TrimSpace(a.fault.message), ".")
	case a.status/100 == 3:
		e.Reason += fmt.Sprintf(", a redirect to %s, and redirects are not followed: the key stays with its origin",
			destination(a.header.Get("Location")))
	case a.fault != nil:
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
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return charge.KindAuth
	case http.StatusNotFound, http.StatusGone:
		if a.foreign {
			return charge.KindTemporary
		}
		return charge.KindNotFound
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return charge.KindTemporary
	}
	switch {
	case a.status >= 500:
		return charge.KindTemporary
	case a.status >= 400:
		return charge.KindUsage
	case a.status >= 300:
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
