// Package inproc reaches a sandbox without a network, and lets a sandbox reach the endpoints of its events: an
// http.RoundTripper that runs handlers in goroutines, for tests inside a testing/synctest bubble, where sockets would
// stop the clock.
//
// It is support for tests, as net/http/httptest is, and not for programs. It knows no faults (package sandbox has them)
// and no contract (package contracttest does).
package inproc

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// Transport returns a way to s for an http.Client: it goes to the API or to the file host by the request's origin, and
// answers any other as a name that does not resolve. A handler that aborts is a reset connection before its answer has
// begun, a short body after.
func Transport(s *sandbox.Sandbox) http.RoundTripper {
	return transport(func(at *url.URL) (http.Handler, error) {
		api, files := s.Origins()
		switch origin(at.String()) {
		case origin(api):
			return s.API(), nil
		case origin(files):
			return s.Files(), nil
		}
		unknown := &net.DNSError{Err: "no such host", Name: at.Hostname(), IsNotFound: true}
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: unknown}
	})
}

// Handler returns a way to h, whatever the URL: for sandbox.Options.Events.
func Handler(h http.Handler) http.RoundTripper {
	return transport(func(*url.URL) (http.Handler, error) { return h, nil })
}

// transport finds what answers at a URL.
type transport func(at *url.URL) (http.Handler, error)

// RoundTrip returns when the handler has sent its header. A canceled context ends the wait and the body.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil { // read in advance: the handler may still run when the caller is free to change it
		var err error
		body, err = io.ReadAll(r.Body)
		if err = cmp.Or(err, r.Body.Close()); err != nil {
			return nil, err
		}
	}
	h, err := t(r.URL)
	if err = cmp.Or(err, r.Context().Err()); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	in := r.Clone(ctx) // as a server would see it
	in.Body, in.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:1"
	in.Host = cmp.Or(r.Host, r.URL.Host)
	c := &conn{ctx: ctx, cancel: cancel, asked: r, header: http.Header{}}
	c.news = sync.NewCond(&c.mu)
	context.AfterFunc(ctx, func() {
		c.mu.Lock() // a reader is either before its look at ctx or waits
		defer c.mu.Unlock()
		c.news.Broadcast()
	})
	go c.serve(h, in)
	return c.response()
}

// origin is scheme, host and port of a URL, with the default port left out.
func origin(text string) string {
	at, err := url.Parse(text)
	if err != nil {
		return ""
	}
	defaultPort := map[string]string{"https": ":443", "http": ":80"}[at.Scheme]
	return at.Scheme + "://" + strings.TrimSuffix(strings.ToLower(at.Host), defaultPort)
}
