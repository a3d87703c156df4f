package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// request is one request to the API, and how its answer is decoded.
type request struct {
	op     string // such as "get report rpt_…"
	report string // the report concerned; may be empty
	method string
	url    string
	body   []byte
	key    string                // the idempotency key of a POST
	decode func(a *answer) error // reads a 2xx; KindTemporary means that it came without its object
}

// exchange is one request in all its tries.
type exchange struct {
	client  *Client
	request request
	began   time.Time     // when the first try did
	waited  time.Duration // as long as Retry-After asked for
	tries   int           // made so far

	unsettled  bool      // a create may have been carried out although no answer said so
	conflicts  int       // tries of a create that were answered with a 409 which may pass
	conflicted time.Time // when the first of them was
}

// do sends the request until it brings its object, or the policy or ctx ends it. The answer is of the last try, nil
// when there was none. The error is a *charge.Error; when ctx ended, its error and its cause are in the chain.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	x := &exchange{client: c, request: r, began: time.Now()}
	if c.key == "" {
		return nil, x.failure(&answer{}, charge.Errorf(charge.KindAuth, "there is no API key"))
	}
	for {
		x.tries++
		a := c.receive(ctx, r)
		fault := x.judge(a)
		wait, again := x.next(a, fault)
		x.trace(a, fault, wait)
		switch {
		case fault == nil:
			return a, nil
		case ctx.Err() != nil:
			return a, x.ended(ctx, "")
		case !again:
			return a, x.giveUp(a, fault)
		case !charge.Sleep(ctx, wait):
			return a, x.ended(ctx, x.failure(a, fault).Reason)
		}
	}
}

// header is all that is sent beside URL and body; the key is in it, so it must only reach the API's own origin.
func (c *Client) header(method, idempotencyKey string) http.Header {
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Authorization", "Bearer "+c.key)
	h.Set("User-Agent", c.userAgent)
	if c.version != "" {
		h.Set("Charge-Version", c.version)
	}
	if method == http.MethodPost {
		h.Set("Content-Type", "application/json")
		h.Set("Idempotency-Key", idempotencyKey)
	}
	return h
}

// judge returns what a try failed with, nil when it brought its object.
func (x *exchange) judge(a *answer) (fault *charge.Error) {
	switch {
	case a.err != nil:
		fault = x.client.unreachable(x.host(), a.err)
	case a.status/100 == 2:
		fault = x.understood(x.request.decode(a))
	case a.status == http.StatusProxyAuthRequired:
		fault = x.client.proxyRefuses(x.host())
	default:
		fault = refusal(a)
	}
	if x.request.method != http.MethodPost {
		return fault
	}
	x.unsettled = x.unsettled || a.resent
	if a.status == http.StatusConflict && x.unsettled {
		fault.Kind = charge.KindTemporary
		fault.Reason += ": an earlier try, whose answer was lost, may still be worked on"
	}
	x.unsettled = x.unsettled || !a.settled(fault == nil)
	return fault
}

// understood names the API version as the suspect where an object has another shape than documented.
func (x *exchange) understood(err error) *charge.Error {
	other, ok := errors.AsType[otherShape](err)
	if !ok {
		return charge.AsError(err)
	}
	sent := "no Charge-Version was sent"
	if x.client.version != "" {
		sent = "Charge-Version " + x.client.version + " was sent"
	}
	return &charge.Error{
		Kind:   charge.KindUsage,
		Reason: fmt.Sprintf("the API answered with %s: this looks like another API version; %s: see api_version", other, sent),
		Hint:   "see which version is asked for with: chargectl config get api_version",
	}
}

// host is the URL of the request for errors to name its host.
func (x *exchange) host() *url.URL {
	u, err := url.Parse(x.request.url)
	if err != nil {
		return &url.URL{}
	}
	return u
}

// next decides whether there is another try and how long to wait for it.
func (x *exchange) next(a *answer, fault *charge.Error) (wait time.Duration, again bool) {
	switch {
	case fault == nil, a.stopped:
		return 0, false
	case a.status == http.StatusConflict:
		if fault.Kind != charge.KindTemporary || x.client.tries == 1 {
			return 0, false
		}
		if x.conflicts++; x.conflicts == 1 {
			x.conflicted = time.Now()
		}
		return conflictPause(time.Since(x.conflicted), a.retryAfter())
	case a.status == http.StatusTooManyRequests && x.client.throttled, !retryable(a.status, fault.Kind):
		return 0, false
	}
	spent := time.Since(x.began) - x.waited
	wait, again = pause(x.tries-x.conflicts, x.client.tries, spent, a.retryAfter(), x.client.jitter())
	if a.retryAfter() > 0 {
		x.waited += wait
	}
	return wait, again
}

func (x *exchange) trace(a *answer, fault *charge.Error, wait time.Duration) {
	attempt := Attempt{
		Method:   x.request.method,
		URL:      x.client.scrub(maskURL(x.host())),
		Number:   x.tries,
		Status:   a.status,
		Request:  x.client.scrub(a.request()),
		Duration: a.took,
		Wait:     wait,
		Bytes:    a.size,
	}
	if fault != nil {
		attempt.Err = x.failure(a, fault)
	}
	x.client.tell(attempt, a.header)
}

// failure completes the error of a try with what is known of the request, and takes the key out of the server's texts.
func (x *exchange) failure(a *answer, fault *charge.Error) *charge.Error {
	e := fault.About(x.request.op, x.request.report)
	e.HTTPStatus = a.status
	e.Request = a.request()
	e.RetryAfter = a.retryAfter()
	e.MayExist = x.unsettled
	x.client.scrubError(e)
	return e
}

// giveUp is failure for the caller, with the number of tries.
func (x *exchange) giveUp(a *answer, fault *charge.Error) *charge.Error {
	e := x.failure(a, fault)
	if x.tries > 1 {
		e.Reason += fmt.Sprintf(", in the last of %d tries", x.tries)
	}
	return e
}

// ended is the error of a request whose context ended; last is why the try before had failed, if it had.
func (x *exchange) ended(ctx context.Context, last string) *charge.Error {
	e := ended(ctx).About(x.request.op, x.request.report)
	if last != "" {
		e.Reason += " (before that: " + last + ")"
	}
	e.MayExist = x.unsettled
	return e
}

// ended makes the error of a context that is over, with its error and its cause in the chain.
func ended(ctx context.Context) *charge.Error {
	e := charge.Ended(ctx)
	e.Err = errors.Join(context.Cause(ctx), ctx.Err())
	return e
}
