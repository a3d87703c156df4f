package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxObject  = 16 << 20         // bytes of an object or a page
	maxRefusal = 1 << 20          // bytes of an error
	tryLimit   = 90 * time.Second // one try of the API from connecting to the last byte
)

// answer is what one try brought, read whole and closed.
type answer struct {
	status  int // 0 when no response came
	header  http.Header
	body    []byte
	cut     error // why the body ended early, nil when it is whole
	over    bool  // whether the body was longer than we read
	err     error // why no response came
	stopped bool  // whether the caller's context ended it
	took    time.Duration
	wait    time.Duration // before the next try
}

// try sends one request and reads what comes back, within bounds of time and memory.
func (c *Client) try(req *http.Request) *answer {
	began := time.Now()
	a := c.receive(req)
	a.took = time.Since(began)
	a.stopped = req.Context().Err() != nil
	return a
}

func (c *Client) receive(req *http.Request) *answer {
	caller := req.Context()
	slow := charge.Errorf(charge.KindTemporary, "no complete answer within %d s", int(tryLimit.Seconds()))
	limited, free := context.WithTimeoutCause(caller, tryLimit, slow)
	defer free()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(context.Canceled)
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return &answer{err: err}
	}
	body := newStream(caller, ctx, cancel, resp.Body)
	defer func() { _ = body.Close() }()
	a := &answer{status: resp.StatusCode, header: resp.Header}
	a.read(body, resp.ContentLength)
	c.hide(a)
	return a
}

func (a *answer) read(body io.Reader, announced int64) {
	limit := int64(maxRefusal)
	if a.status/100 == 2 {
		limit = maxObject
	}
	if a.over = announced > limit; a.over {
		return
	}
	a.body, a.cut = io.ReadAll(io.LimitReader(body, limit+1))
	a.over = int64(len(a.body)) > limit
}

func (a *answer) retryAfter() time.Duration {
	if a.status < 400 {
		return 0
	}
	return retryAfter(a.header)
}

// request is the API's id of the request: in the error object, else in a header.
func (a *answer) request() string {
	if a == nil {
		return ""
	}
	if a.status >= 400 {
		if e, ok := a.errorObject(); ok && e.Request != "" {
			return e.Request
		}
	}
	return requestID(a.header)
}

func requestID(header http.Header) string {
	if id := header.Get("Request-Id"); id != "" {
		return id
	}
	return header.Get("X-Request-Id")
}
