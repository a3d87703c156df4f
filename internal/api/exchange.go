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
	at      *url.URL      // of the request
	began   time.Time     // when the first try did
	waited  time.Duration // as long as Retry-After asked for
	paced   int           // tries that failed, but for those that met a 409 which may pass

	unsettled  bool      // a create may have been carried out although no answer confirmed it
	conflicted time.Time // when a create first met such a 409
}

// do sends the request until it brings its object, or the policy or ctx ends it. The answer is of the last try, nil
// when there was none. The error is a *charge.Error; when ctx ended, its error and its cause are in the chain.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	u, err := url.Parse(r.url)
	if err != nil {
		return nil, charge.Errorf(charge.KindInternal, "the request has a URL that is none").About(r.op, r.report)
	}
	if c.options.Key == "" {
		return nil, charge.Errorf(charge.KindAuth, "there is no API key").About(r.op, r.report)
	}
	x := &exchange{client: c, request: r, at: u, began: time.Now()}
	for tries := 1; ; tries++ {
		a := c.receive(ctx, r)
		fault := x.judge(a)
		wait, again := time.Duration(0), false
		if fault != nil && ctx.Err() == nil {
			wait, again = x.next(fault)
		}
		c.tell(Attempt{Method: r.method, URL: maskURL(u), Number: tries, Status: a.status, Request: a.request(), Duration: a.took,
			Wait: wait, Bytes: a.size}, a.header, fault)
		switch {
		case fault == nil:
			return a, nil
		case !again && ctx.Err() == nil:
			last := *fault
			if tries > 1 {
				last.Reason += fmt.Sprintf(", in the last of %d attempts", tries)
			}
			return a, &last
		case again && charge.Sleep(ctx, wait):
			continue
		}
		e := ended(ctx).About(r.op, r.report)
		if again {
			e.Reason += " (before that: " + fault.Reason + ")"
		}
		e.MayExist = x.unsettled
		return a, e
	}
}

// header is all that is sent beside URL and body; the key is in it, so it must only reach the API's own origin.
func (c *Client) header(method, idempotencyKey string) http.Header {
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Authorization", "Bearer "+c.options.Key)
	h.Set("User-Agent", c.options.UserAgent)
	if c.options.Version != "" {
		h.Set("Charge-Version", c.options.Version)
	}
	if method == http.MethodPost {
		h.Set("Content-Type", "application/json")
		h.Set("Idempotency-Key", idempotencyKey)
	}
	return h
}

// judge returns what a try failed with, nil when it brought its object.
func (x *exchange) judge(a *answer) *charge.Error {
	var fault *charge.Error
	switch {
	case a.err != nil:
		fault = x.client.unreachable(x.at, a.err)
	case a.status/100 == 2:
		fault = x.understood(x.request.decode(a))
	case a.status == http.StatusProxyAuthRequired:
		fault = x.client.proxyRefuses(x.at)
	default:
		fault = refusal(a)
	}
	if x.request.method == http.MethodPost {
		x.unsettled = x.unsettled || a.resent
		if a.status == http.StatusConflict && x.unsettled {
			fault.Kind = charge.KindTemporary
			fault.Reason += ": an earlier attempt, whose answer was lost, may still be in progress"
		}
		switch { // a 4xx means that nothing was made, a 2xx with its report that something was; a 5xx says neither
		case a.err != nil:
			x.unsettled = x.unsettled || !a.unsent
		case a.status/100 == 2:
			x.unsettled = x.unsettled || fault != nil
		case a.status == http.StatusSeeOther, a.status == http.StatusRequestTimeout, a.status >= 500:
			x.unsettled = true
		}
	}
	if fault == nil {
		return nil
	}
	e := fault.About(x.request.op, x.request.report)
	e.HTTPStatus, e.Request, e.MayExist = a.status, a.request(), x.unsettled
	if a.status >= 400 {
		e.RetryAfter = retryAfter(a.header)
	}
	x.client.scrubError(e)
	return e
}

// understood names the API version as the suspect where an object has another shape than documented.
func (x *exchange) understood(err error) *charge.Error {
	other, ok := errors.AsType[otherShape](err)
	if !ok {
		return charge.AsError(err)
	}
	sent := "no Charge-Version was sent"
	if x.client.options.Version != "" {
		sent = "Charge-Version " + x.client.options.Version + " was sent"
	}
	e := charge.Usagef("the API answered with %s: this looks like another API version; %s: see api_version", other, sent)
	return e.WithHint("see which version is asked for with: chargectl config get api_version")
}

// next decides whether there is another try and how long to wait for it.
func (x *exchange) next(fault *charge.Error) (wait time.Duration, again bool) {
	asked := fault.RetryAfter
	switch {
	case fault.HTTPStatus == http.StatusConflict && fault.Kind == charge.KindTemporary && x.client.tries > 1:
		if x.conflicted.IsZero() {
			x.conflicted = time.Now()
		}
		wait = max(conflictStep, asked)
		return wait, time.Since(x.conflicted)+wait <= conflictWindow
	case fault.HTTPStatus == http.StatusTooManyRequests && x.client.throttled, !retryable(fault.HTTPStatus, fault.Kind):
		return 0, false
	}
	x.paced++
	wait, again = pause(x.paced, x.client.tries, time.Since(x.began)-x.waited, asked, x.client.jitter())
	if asked > 0 {
		x.waited += wait
	}
	return wait, again
}

// ended makes the error of a context that is over, with its error and its cause in the chain.
func ended(ctx context.Context) *charge.Error {
	e := charge.Ended(ctx)
	e.Err = errors.Join(context.Cause(ctx), ctx.Err())
	return e
}
