package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// errorObject is the API's error (charge-api.md, Errors). Members of another type than documented are left empty.
type errorObject struct {
	Object  string `json:"object"`
	Code    string `json:"code"`
	DocURL  string `json:"doc_url"`
	Message string `json:"message"`
	Param   string `json:"param"`
	Request string `json:"request"`
}

// errorObject reads the documented error object; ok is false when the body is anything else.
func (a *answer) errorObject() (e errorObject, ok bool) {
	if a.over || a.cut != nil {
		return errorObject{}, false
	}
	return decodeError(a.body)
}

func decodeError(body []byte) (e errorObject, ok bool) {
	if err := decodeTolerant(body, &e); err != nil || e.Object != "error" {
		return errorObject{}, false
	}
	return e, true
}

// decodeTolerant decodes JSON and leaves out what has another type than expected: the API's objects are open.
func decodeTolerant(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	if _, mistyped := errors.AsType[*json.UnmarshalTypeError](err); mistyped {
		return nil
	}
	return err
}

// refusal makes the error of an answer that is not a 2xx.
func refusal(a *answer) *charge.Error {
	e, _ := a.errorObject()
	return &charge.Error{
		Kind:   kindOf(a),
		Reason: reasonOf(a, e),
		Code:   e.Code,
		Param:  e.Param,
		DocURL: e.DocURL,
	}
}

// kindOf sorts by status. A 404 that is a page, or that did not come whole, is not the API's word: something in between
// must never read as "the report is gone".
func kindOf(a *answer) charge.Kind {
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return charge.KindAuth
	case http.StatusNotFound, http.StatusGone:
		if a.over || a.torn() || a.page() {
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

func reasonOf(a *answer, e errorObject) string {
	if message := strings.TrimSuffix(strings.TrimSpace(e.Message), "."); message != "" {
		return message
	}
	reason := "the API answered " + statusText(a.status)
	switch {
	case a.status/100 == 3:
		return fmt.Sprintf("%s, a redirect to %s, and redirects are not followed: the key stays with its origin",
			reason, destination(a.header.Get("Location")))
	case a.status == http.StatusProxyAuthRequired:
		return reason + ": the proxy wants a user name and password"
	case a.over:
		return fmt.Sprintf("%s and more than %d MiB after it", reason, maxRefusal>>20)
	case e.Object != "":
		return reason + " without a message"
	default:
		return reason + " " + cmp.Or(a.notJSON(), "with JSON that is not the API's error object")
	}
}

func statusText(status int) string {
	return strings.TrimSpace(fmt.Sprintf("HTTP %d %s", status, http.StatusText(status)))
}

// destination names where a Location leads without its path and query, which may be secret.
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

// finish adds to an error what every error of the request says, and takes the key out of what the server wrote.
func (x *exchange) finish(fault *charge.Error) *charge.Error {
	e := *fault
	e.Op = x.request.op
	e.Report = x.request.report
	if x.last != nil {
		e.HTTPStatus = x.last.status
		e.Request = x.last.request()
		e.RetryAfter = x.last.retryAfter()
	}
	x.client.scrubError(&e)
	return &e
}

// giveUp is finish for the caller, who is told how often it was tried.
func (x *exchange) giveUp() *charge.Error {
	e := x.finish(x.fault)
	if x.tries > 1 {
		e.Reason += fmt.Sprintf(", in the last of %d tries", x.tries)
	}
	return e
}

// before is why the last try failed when ctx ended in the pause after it; empty when ctx ended a try.
func (x *exchange) before() string {
	if x.fault == nil || x.last.stopped {
		return ""
	}
	return x.finish(x.fault).Reason
}

// endedError is a request that its context ended: both the context's error and its cause are in its chain.
type endedError struct {
	text       string
	err, cause error
}

func (e *endedError) Error() string   { return e.text }
func (e *endedError) Unwrap() []error { return []error{e.cause, e.err} }

// ended makes the error of a context that is over; last says why the try before had failed, if it had.
func ended(ctx context.Context, op, last string) error {
	cause := context.Cause(ctx)
	text := cause.Error()
	if op != "" {
		text = op + ": " + text
	}
	if last != "" {
		text += " (before that: " + last + ")"
	}
	return &endedError{text: text, err: ctx.Err(), cause: cause}
}

// asError keeps nil nil and finds the kind that a decoder gave.
func asError(err error) *charge.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*charge.Error](err); ok {
		return e
	}
	return charge.Errorf(charge.KindInternal, "%w", err)
}
