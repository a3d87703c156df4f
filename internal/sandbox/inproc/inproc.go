// Package inproc reaches a sandbox without a network, and lets a sandbox reach the endpoints of its events: an
// http.RoundTripper that runs handlers in goroutines, for tests inside a testing/synctest bubble, where sockets would
// stop the clock.
//
// It is support for tests, as net/http/httptest is, and not for programs. It knows no faults (package sandbox has them)
// and no contract (package contracttest does).
package inproc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// Transport returns a way to s for an http.Client: it goes to the API or to the file host by the request's origin, and
// answers any other as a name that does not resolve. A handler that aborts is a reset connection before its answer has
// begun, a short body after.
func Transport(s *sandbox.Sandbox) http.RoundTripper {
	return transport(func(at *url.URL) (http.Handler, error) { return host(s, at) })
}

// Handler returns a way to h, whatever the URL: for sandbox.Options.Events.
func Handler(h http.Handler) http.RoundTripper {
	return transport(func(*url.URL) (http.Handler, error) { return h, nil })
}

// transport finds what answers at a URL.
type transport func(at *url.URL) (http.Handler, error)

// RoundTrip returns when the handler has sent its header. A canceled context ends the wait and the body.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := drain(r)
	if err != nil {
		return nil, err
	}
	h, err := t(r.URL)
	if err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	c := newConn(ctx, cancel, r)
	go c.serve(h, incoming(ctx, r, body))
	return c.response()
}

// drain reads a request's body in advance: the handler may still run when the caller is free to change it.
func drain(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		return nil, nil
	}
	body, err := io.ReadAll(r.Body)
	if closing := r.Body.Close(); err == nil {
		err = closing
	}
	return body, err
}

// incoming is the request as a server would see it.
func incoming(ctx context.Context, r *http.Request, body []byte) *http.Request {
	in := r.Clone(ctx)
	in.Body = io.NopCloser(bytes.NewReader(body))
	in.ContentLength = int64(len(body))
	in.RequestURI = r.URL.RequestURI()
	in.RemoteAddr = "127.0.0.1:1"
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	return in
}

func host(s *sandbox.Sandbox, at *url.URL) (http.Handler, error) {
	api, files := s.Origins()
	switch origin(at) {
	case originOf(api):
		return s.API(), nil
	case originOf(files):
		return s.Files(), nil
	}
	unknown := &net.DNSError{Err: "no such host", Name: at.Hostname(), IsNotFound: true}
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: unknown}
}

func originOf(text string) string {
	at, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return origin(at)
}

// origin is scheme, host and port, with the default port left out.
func origin(at *url.URL) string {
	host, scheme := strings.ToLower(at.Host), strings.ToLower(at.Scheme)
	switch {
	case scheme == "https":
		host = strings.TrimSuffix(host, ":443")
	case scheme == "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + host
}

func reset() error {
	return &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("the sandbox cut the connection: %w", syscall.ECONNRESET)}
}
