package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
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
	status int // 0 when no response came
	header http.Header
	size   int64 // bytes of the body that were read
	took   time.Duration

	err    error // why no response came
	unsent bool  // whether it is known that nothing was sent
	resent bool  // whether the transport sent it again by itself, over another connection

	json    value  // the one value that the body is made of
	instead string // what the body is when it is not that, such as "an empty body"
	tooMuch bool   // whether the body is longer or deeper than we read
	foreign bool   // whether the body cannot be the API's whole word: cut, a web page, or too much
}

// receive sends a request once and reads what comes back, within bounds of time and memory.
func (c *Client) receive(caller context.Context, r request) *answer {
	slow := charge.Errorf(charge.KindTemporary, "no complete answer within %d s", int(tryLimit.Seconds()))
	ctx, cancel := context.WithCancelCause(caller)
	defer cancel(context.Canceled)
	defer time.AfterFunc(tryLimit, func() { cancel(slow) }).Stop()

	var asked, got atomic.Int32 // connections; none is got where it cannot be dialled or fails its handshake
	traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Add(1) },
		GotConn: func(httptrace.GotConnInfo) { got.Add(1) },
	})
	req, err := http.NewRequestWithContext(traced, r.method(), r.url, bytes.NewReader(r.body))
	if err != nil {
		return &answer{err: err, unsent: true}
	}
	req.URL.RawQuery = escapeQuery(req.URL.RawQuery)
	req.Header = c.header(r.key)
	began := time.Now()
	resp, err := c.options.Transport.RoundTrip(req)
	a := &answer{resent: got.Load() > 1, took: time.Since(began)}
	if err != nil {
		a.unsent = asked.Load() > 0 && got.Load() == 0
		if a.err = err; ctx.Err() != nil {
			a.err = context.Cause(ctx)
		}
		return a
	}
	body := newStream(caller, ctx, cancel, resp.Body)
	defer func() { _ = body.Close() }()
	a.status, a.header = resp.StatusCode, resp.Header
	limit := int64(maxRefusal)
	if a.status/100 == 2 {
		limit = maxObject
	}
	text, cut := io.ReadAll(io.LimitReader(body, limit+1))
	a.size, a.took = int64(len(text)), time.Since(began)
	text = c.hide(a.header, text)
	if a.size > limit {
		a.tooMuch, a.foreign, a.instead = true, true, fmt.Sprintf("more than %d MiB", limit>>20)
		return a
	}
	a.decode(bytes.TrimSpace(text), cut)
	return a
}

const webPage = "an HTML page, not JSON: a proxy or login page may stand between"

// decode reads a body of which cut, if any, ended the reading too early.
func (a *answer) decode(text []byte, cut error) {
	switch {
	case cut != nil && len(text) > 0:
		a.instead = fmt.Sprintf("%s (%v)", truncated, cut)
	case cut != nil:
		a.instead = fmt.Sprintf("no body (%v)", cut)
	case len(text) == 0:
		a.instead = "an empty body"
	case text[0] == '<':
		a.instead = webPage
	default:
		if a.json, a.instead = readJSON(text); a.instead != "" && pageOf(a.header.Get("Content-Type")) == "HTML" {
			a.instead = webPage
		}
	}
	a.tooMuch = a.instead == tooDeep
	a.foreign = cut != nil || slices.Contains([]string{webPage, truncated, tooDeep}, a.instead)
}

// object returns the one JSON value that a 2xx is made of, or an error that names what came instead.
func (a *answer) object() (value, error) {
	kind := charge.KindTemporary
	if a.tooMuch {
		kind = charge.KindInternal
	}
	if a.instead != "" {
		return nil, charge.Errorf(kind, "the API answered with %s", a.instead)
	}
	return a.json, nil
}

// requestID is the API's id of a request, as the headers of a response give it.
func requestID(header http.Header) string {
	return cmp.Or(header.Get("Request-Id"), header.Get("X-Request-Id"))
}

// pageOf names the kind of page that a media type announces: HTML, XML or JSON; empty for everything else.
func pageOf(contentType string) string {
	media, _, _ := strings.Cut(strings.ToLower(contentType), ";")
	_, sub, _ := strings.Cut(strings.TrimSpace(media), "/")
	switch {
	case sub == "html" || sub == "xhtml+xml":
		return "HTML"
	case sub == "xml" || strings.HasSuffix(sub, "+xml"):
		return "XML"
	case sub == "json" || strings.HasSuffix(sub, "+json"):
		return "JSON"
	}
	return ""
}
