package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"strings"
	"sync/atomic"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxObject  = 16 << 20         // bytes of an object or a page
	maxRefusal = 1 << 20          // bytes of an error
	tryLimit   = 90 * time.Second // one try of the API from connecting to the last byte
)

// answer is what one try brought, read whole, decoded and closed.
type answer struct {
	status  int // 0 when no response came
	header  http.Header
	size    int64 // bytes of the body that were read
	took    time.Duration
	stopped bool // whether the caller's context ended the try

	err    error // why no response came
	unsent bool  // whether it is known that nothing was sent
	resent bool  // whether the transport sent it again by itself, over another connection

	json    value     // the one value that the body is made of
	instead string    // what the body is when it is not that, such as "an empty body"
	tooMuch bool      // whether the body is longer or deeper than we read
	foreign bool      // whether the body cannot be the API's whole word: cut, a web page, or too much
	fault   *apiFault // the API's error object of a status that is no 2xx, nil when the body is none
}

// receive sends a request once and reads what comes back, within bounds of time and memory.
func (c *Client) receive(ctx context.Context, r request) *answer {
	began := time.Now()
	a := c.exchangeOnce(ctx, r)
	a.took = time.Since(began)
	a.stopped = ctx.Err() != nil
	return a
}

func (c *Client) exchangeOnce(caller context.Context, r request) *answer {
	slow := charge.Errorf(charge.KindTemporary, "no complete answer within %d s", int(tryLimit.Seconds()))
	limited, free := context.WithTimeoutCause(caller, tryLimit, slow)
	defer free()
	ctx, cancel := context.WithCancelCause(limited)
	defer cancel(context.Canceled)

	var conns connections
	req, err := http.NewRequestWithContext(conns.watch(ctx), r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return &answer{err: charge.Errorf(charge.KindInternal, "the request has a URL that is none"), unsent: true}
	}
	if r.body == nil {
		req.Body, req.ContentLength, req.GetBody = nil, 0, nil
	}
	req.URL.RawQuery = escapeQuery(req.URL.RawQuery)
	req.Header = c.header(r.method, r.key)
	resp, err := c.transport.RoundTrip(req)
	a := &answer{resent: conns.got.Load() > 1}
	if err != nil {
		a.err, a.unsent = err, conns.unsent(err)
		if ctx.Err() != nil {
			a.err = context.Cause(ctx)
		}
		return a
	}
	body := newStream(caller, ctx, cancel, resp.Body)
	defer func() { _ = body.Close() }()
	a.status, a.header = resp.StatusCode, resp.Header
	a.read(c, body, resp.ContentLength)
	return a
}

// connections counts the connections that a transport took for one request.
type connections struct{ asked, got atomic.Int32 }

func (c *connections) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.asked.Add(1) },
		GotConn: func(httptrace.GotConnInfo) { c.got.Add(1) },
	})
}

// unsent reports whether a request that failed is known not to have been sent: there was never a connection for it,
// shaken hands included. A transport that does not count its connections is judged by its error.
func (c *connections) unsent(err error) bool {
	if c.got.Load() > 0 {
		return false
	}
	return c.asked.Load() > 0 || neverConnected(err)
}

// read reads the body, takes the key out of the answer and decodes it.
func (a *answer) read(c *Client, body io.Reader, announced int64) {
	limit := int64(maxRefusal)
	if a.status/100 == 2 {
		limit = maxObject
	}
	var text []byte
	var cut error
	if announced <= limit {
		text, cut = io.ReadAll(io.LimitReader(body, limit+1))
		a.size = int64(len(text))
	}
	if announced > limit || a.size > limit {
		a.tooMuch, a.foreign = true, true
		a.instead = fmt.Sprintf("more than %d MiB", limit>>20)
	}
	text = c.hide(a.header, text)
	if !a.tooMuch {
		a.decode(bytes.TrimSpace(text), cut)
	}
}

const webPage = "an HTML page, not JSON: a proxy or login page may stand between"

func (a *answer) decode(text []byte, cut error) {
	switch {
	case cut != nil && len(text) > 0:
		a.instead, a.foreign = fmt.Sprintf("%s (%v)", truncated, cut), true
	case cut != nil:
		a.instead, a.foreign = fmt.Sprintf("no body (%v)", cut), true
	case len(text) == 0:
		a.instead = "an empty body"
	case text[0] == '<':
		a.instead, a.foreign = webPage, true
	default:
		a.json, a.instead = readJSON(text)
		if a.instead != "" && pageOf(a.header.Get("Content-Type")) == "HTML" {
			a.instead = webPage
		}
		a.tooMuch = a.instead == tooDeep
		a.foreign = a.tooMuch || a.instead == truncated || a.instead == webPage
	}
	if a.status/100 != 2 {
		a.fault = errorObject(a.json)
	}
}

// object returns the one JSON value that a 2xx is made of, or an error that names what came instead.
func (a *answer) object() (value, error) {
	switch {
	case a.tooMuch:
		return nil, charge.Errorf(charge.KindInternal, "the API answered with %s", a.instead)
	case a.instead != "":
		return nil, charge.Errorf(charge.KindTemporary, "the API answered with %s", a.instead)
	default:
		return a.json, nil
	}
}

// settled reports whether it is known what became of a create: a 4xx means that nothing was made, a 2xx with its
// report that something was. understood is whether a 2xx had its report.
func (a *answer) settled(understood bool) bool {
	switch {
	case a.err != nil:
		return a.unsent
	case a.status/100 == 2:
		return understood
	case a.status == http.StatusSeeOther, a.status == http.StatusRequestTimeout, a.status >= 500:
		return a.fault != nil
	default:
		return true
	}
}

func (a *answer) retryAfter() time.Duration {
	if a.status < 400 {
		return 0
	}
	return retryAfter(a.header)
}

// request is the API's id of the request: in the error object, else in a header.
func (a *answer) request() string {
	if a.fault != nil && a.fault.request != "" {
		return a.fault.request
	}
	return requestID(a.header)
}

func requestID(header http.Header) string {
	if id := header.Get("Request-Id"); id != "" {
		return id
	}
	return header.Get("X-Request-Id")
}

// pageOf names the kind of page that a media type announces: HTML, XML or JSON; empty for everything else.
func pageOf(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	}
	_, sub, _ := strings.Cut(strings.TrimSpace(media), "/")
	switch {
	case sub == "html" || sub == "xhtml+xml":
		return "HTML"
	case sub == "xml" || strings.HasSuffix(sub, "+xml"):
		return "XML"
	case sub == "json" || strings.HasSuffix(sub, "+json"):
		return "JSON"
	default:
		return ""
	}
}
