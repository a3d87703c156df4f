package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// request is one request to the API, a POST where it has a body, and how its answer is decoded.
type request struct {
	op     string // such as "get report rpt_…"
	url    string
	kind   kind   // of the object that is wanted
	id     string // of the object that is wanted; empty for a new one or a page
	body   []byte
	key    string                // the idempotency key of a POST
	decode func(a *answer) error // reads a 2xx; KindTemporary means that it came without its object
}

// exchange is one request in all its tries.
type exchange struct {
	client  *Client
	request request
	at      *url.URL      // of the request
	report  string        // the report that it is about; may be empty
	began   time.Time     // when the first try did
	waited  time.Duration // as long as Retry-After asked for
	paced   int           // tries that failed, but for those that met a 409 which may pass

	unsettled  bool      // a create may have been carried out although no answer confirmed it
	conflicted time.Time // when a create first met such a 409
}

// byID sends a request about the one object of an id, which is checked first and named in the error.
func byID[T any](ctx context.Context, c *Client, r request, item func(*answer, value) (T, error)) (T, error) {
	if err := charge.CheckID(r.kind.prefix, r.id); err != nil {
		return *new(T), err
	}
	r.op += " " + r.kind.name + " " + r.id
	return one(ctx, c, r, item)
}

// one sends a request whose answer is one object.
func one[T any](ctx context.Context, c *Client, r request, item func(*answer, value) (T, error)) (object T, err error) {
	if r.body != nil {
		if err := checkIdempotencyKey(r.key); err != nil {
			return object, err
		}
	}
	if r.url = c.base + r.kind.path; r.id != "" {
		r.url += "/" + r.id
	}
	r.decode = func(a *answer) error {
		object, err = item(a, a.json)
		return err
	}
	if _, err := c.do(ctx, r); err != nil {
		return *new(T), err
	}
	return object, nil
}

func checkIdempotencyKey(key string) error {
	if key == "" || len(key) > 255 || !visible(key) {
		return charge.Usagef("an idempotency key is 1 to 255 visible ASCII characters without spaces")
	}
	return nil
}

// do sends the request until it brings its object, or the policy or ctx ends it. The answer is of the last try, nil
// when there was none. The error is a *charge.Error; when ctx ended, its error and its cause are in the chain.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	x := &exchange{client: c, request: r, began: time.Now()}
	if r.kind == reports {
		x.report = r.id
	}
	var err error
	if x.at, err = url.Parse(r.url); err != nil {
		return nil, charge.Errorf(charge.KindInternal, "the request has a URL that is none").About(r.op, x.report)
	}
	if c.options.Key == "" {
		return nil, charge.Errorf(charge.KindAuth, "there is no API key").About(r.op, x.report)
	}
	for tries := 1; ; tries++ {
		a := c.receive(ctx, r)
		fault := x.judge(a)
		wait, again := time.Duration(0), false
		if fault != nil && ctx.Err() == nil {
			wait, again = x.next(fault)
		}
		c.tell(Attempt{Method: r.method(), URL: maskURL(x.at), Number: tries, Status: a.status, Duration: a.took, Wait: wait,
			Bytes: a.size}, a.header, fault)
		switch {
		case fault == nil:
			return a, nil
		case again && charge.Sleep(ctx, wait):
			continue
		case ctx.Err() == nil:
			if tries > 1 {
				fault.Reason += fmt.Sprintf(", in the last of %d attempts", tries)
			}
			return a, fault
		}
		e := ended(ctx).About(r.op, x.report)
		if again {
			e.Reason += " (before that: " + fault.Reason + ")"
			e.Before = fault.Reason
		}
		e.MayExist = x.unsettled
		return a, e
	}
}

func (r request) method() string {
	if r.body != nil {
		return http.MethodPost
	}
	return http.MethodGet
}

// header is all that is sent beside URL and body; the key is in it, so it must only reach the API's own origin.
func (c *Client) header(idempotencyKey string) http.Header {
	h := http.Header{}
	h.Set("Accept", "application/json")
	h.Set("Authorization", "Bearer "+c.options.Key)
	h.Set("User-Agent", c.options.UserAgent)
	if c.options.Version != "" {
		h.Set("Charge-Version", c.options.Version)
	}
	if idempotencyKey != "" {
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
		fault = x.understood(a)
	case a.status == http.StatusProxyAuthRequired:
		fault = x.client.proxyRefuses(x.at)
	default:
		fault = refusal(a)
	}
	if x.request.body != nil {
		x.unsettled = x.unsettled || a.resent
		if a.status == http.StatusConflict && x.unsettled {
			fault.Kind = charge.KindTemporary
			fault.Reason += ": an earlier attempt, whose answer was lost, may still be in progress"
		}
		switch { // a 4xx means that nothing was made, a 2xx with its report that something was; a 5xx says neither
		case a.err != nil && !a.unsent, a.status/100 == 2 && fault != nil,
			a.status == http.StatusSeeOther, a.status == http.StatusRequestTimeout, a.status >= 500:
			x.unsettled = true
		}
	}
	if fault == nil {
		return nil
	}
	e := fault.About(x.request.op, x.report)
	e.HTTPStatus, e.Request, e.MayExist = a.status, cmp.Or(e.Request, requestID(a.header)), x.unsettled
	if a.status >= 400 {
		e.RetryAfter = retryAfter(a.header)
	}
	x.client.scrubError(e)
	return e
}

// understood decodes a 2xx, and returns why it does not bring its object.
func (x *exchange) understood(a *answer) *charge.Error {
	_, err := a.object()
	if err == nil {
		err = x.request.decode(a)
	}
	if other, ok := errors.AsType[otherShape](err); ok {
		sent := "no Charge-Version was sent"
		if version := x.client.options.Version; version != "" {
			sent = "Charge-Version " + version + " was sent"
		}
		return charge.Usagef("the API answered with %s: this looks like another API version; %s: see api_version", other, sent).
			WithHint("see which version is asked for with: chargectl config get api_version")
	}
	if id := a.json.id(); err == nil && x.request.id != "" && id != x.request.id {
		return charge.Errorf(charge.KindTemporary, "the answer is about another %s, %s", x.request.kind.name, id)
	}
	return charge.AsError(err)
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
