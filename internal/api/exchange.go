package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/chargectl/chargectl/internal/charge"
)

// request is what is asked of the API, and how its answer is understood.
type request struct {
	op     string // such as "get report rpt_…"
	report string // the report concerned; may be empty
	method string
	url    string
	body   []byte
	key    string                // the idempotency key of a POST
	decode func(a *answer) error // reads a 2xx; KindTemporary means that it came without its object
}

// exchange is one logical request in all its tries. It is the transport of its own retry loop, so that an answer is
// read and judged inside the loop: a 2xx without its object is tried again like a 503, under the same key.
type exchange struct {
	client  *Client
	request request
	started time.Time     // of the first try
	heeded  time.Duration // waits that Retry-After asked for
	tries   int
	last    *answer
	fault   *charge.Error // of the last try, nil when it brought its object
}

// do sends the request until it brings its object, or the policy or ctx ends it. The answer is of the last try, nil
// when there was none; the error is a *charge.Error or, when ctx ended, wraps its error and its cause.
func (c *Client) do(ctx context.Context, r request) (*answer, error) {
	x := &exchange{client: c, request: r}
	if c.key == "" {
		return nil, x.finish(charge.Errorf(charge.KindAuth, "there is no API key"))
	}
	err := x.run(ctx)
	switch {
	case err != nil:
		return x.last, x.finish(charge.Errorf(charge.KindInternal, "%w", err))
	case x.fault == nil && x.last != nil:
		return x.last, nil
	case ctx.Err() != nil:
		return x.last, ended(ctx, r.op, x.before())
	case x.fault == nil:
		return nil, x.finish(charge.Errorf(charge.KindInternal, "the request was not sent"))
	default:
		return x.last, x.giveUp()
	}
}

// run leaves the outcome in x; its error says only that no request could be made.
func (x *exchange) run(ctx context.Context) error {
	req, err := x.prepare(ctx)
	if err != nil {
		return err
	}
	loop := &retryablehttp.Client{
		HTTPClient:   &http.Client{Transport: x},
		RetryMax:     x.client.tries - 1,
		CheckRetry:   func(context.Context, *http.Response, error) (bool, error) { return x.again(), nil },
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return x.last.wait },
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	x.started = time.Now()
	// The answer and the error are in x already, judged and without anything secret.
	if resp, err := loop.Do(req); err == nil {
		_ = resp.Body.Close()
	}
	return nil
}

func (x *exchange) prepare(ctx context.Context) (*retryablehttp.Request, error) {
	var body any // an untyped nil is no body; a nil []byte would be an empty one
	if x.request.body != nil {
		body = x.request.body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, x.request.method, x.request.url, body)
	if err != nil {
		return nil, err
	}
	req.Header = x.client.header(x.request.method, x.request.key)
	return req, nil
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

// RoundTrip makes one try. The response it returns is a stand-in without header or body: the real one has been read,
// and a Location in it would have net/http look for a redirect to follow.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.tries++
	x.last = x.client.try(req)
	x.fault = x.judge(x.last, req.URL)
	if x.last.err != nil {
		return nil, x.last.err
	}
	return &http.Response{StatusCode: x.last.status, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
}

// judge tells what a try came to: nil when it brought its object.
func (x *exchange) judge(a *answer, u *url.URL) *charge.Error {
	switch {
	case a.err != nil:
		return x.client.unreachable(u, a.err)
	case a.status/100 == 2:
		return asError(x.request.decode(a))
	default:
		return refusal(a)
	}
}

// again decides whether there is a next try and how long to wait for it, and tells the trace of this one.
func (x *exchange) again() (again bool) {
	a := x.last
	if x.fault != nil && !a.stopped && retryable(a.status, x.fault.Kind) {
		spent := time.Since(x.started) - x.heeded
		a.wait, again = pause(x.tries, x.client.tries, spent, a.retryAfter(), x.client.jitter())
	}
	if again && a.retryAfter() > 0 {
		x.heeded += a.wait
	}
	x.trace()
	return again
}

func (x *exchange) trace() {
	a := x.last
	attempt := Attempt{
		Method:   x.request.method,
		URL:      x.client.scrub(maskText(x.request.url)),
		Number:   x.tries,
		Status:   a.status,
		Request:  x.client.scrub(a.request()),
		Duration: a.took,
		Wait:     a.wait,
		Bytes:    int64(len(a.body)),
	}
	if x.fault != nil {
		attempt.Err = x.finish(x.fault)
	}
	x.client.tell(attempt, a.header)
}
