package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	handshakeLimit = 10 * time.Second
	firstByteLimit = 30 * time.Second
	maxIdle        = 64 // at least as many as there are transfers at a time, so that each keeps its connection
)

// Transport carries the requests to the API, by HTTP/2 where the API has it, and those to the file host.
type Transport struct {
	*http.Transport
	roots *roots
	files func() *http.Transport
}

// NewTransport builds the one transport for API and file host: the environment's proxies, connect and handshake
// within 10 s each, the first byte of an answer within 30 s. The certificates of caFile (PEM) are trusted beside the
// system's on every operating system; empty adds none. A file that cannot be read or holds no certificate is a usage
// error naming it.
func NewTransport(caFile string) (*Transport, error) {
	roots, err := newRoots(caFile)
	if err != nil {
		return nil, err
	}
	t := &Transport{roots: roots, Transport: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots.throughProxies(), MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    handshakeLimit,
		ResponseHeaderTimeout:  firstByteLimit,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           maxIdle,
		MaxIdleConnsPerHost:    maxIdle,
		ForceAttemptHTTP2:      true,
		OnProxyConnectResponse: proxyAnswered,
		// Without pings a connection that died in silence (a machine that slept, a NAT that forgot) stays in the pool
		// and swallows every later try.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second},
	}}
	roots.secure(t.Transport)
	t.files = sync.OnceValue(t.forFiles)
	return t, nil
}

// forFiles is the transport for files behind TLS. By HTTP/2 all transfers would share one connection and its windows,
// which costs time and memory; so each has a connection of its own, by HTTP/1.1, which the next one takes over.
func (t *Transport) forFiles() *http.Transport {
	files := t.Clone()
	files.ForceAttemptHTTP2, files.TLSNextProto, files.Protocols = false, nil, new(http.Protocols)
	files.Protocols.SetHTTP1(true)
	files.TLSClientConfig.NextProtos = nil
	t.roots.secure(files)
	return files
}

// CloseIdleConnections closes those that no request uses.
func (t *Transport) CloseIdleConnections() {
	t.Transport.CloseIdleConnections()
	t.files().CloseIdleConnections()
}

// forFile is what a file is asked for with. Plain HTTP has no HTTP/2, so API and files may share connections.
func (c *Client) forFile(u *url.URL) http.RoundTripper {
	if t, ok := c.options.Transport.(*Transport); ok && u.Scheme == "https" {
		return t.files()
	}
	return c.options.Transport
}

// proxyFor names the proxy that a URL is asked through, without its user name and password; empty when there is none.
func proxyFor(transport http.RoundTripper, u *url.URL) (string, error) {
	t, ok := transport.(*Transport)
	if !ok || t.Proxy == nil {
		return "", nil
	}
	proxy, err := t.Proxy(&http.Request{URL: u})
	if err != nil { // which repeats the variable's value, password included
		return "", charge.Usagef("the proxy that the environment names is not a URL: check HTTPS_PROXY and HTTP_PROXY")
	}
	if proxy == nil {
		return "", nil
	}
	return originOf(proxy), nil
}

// proxyAnswered makes errors of a proxy's answer to CONNECT, of which net/http would keep no more than its text.
func proxyAnswered(_ context.Context, proxy *url.URL, connect *http.Request, resp *http.Response) error {
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired, http.StatusUnauthorized: // tinyproxy has 401 for a wrong password
		return wrongPassword(originOf(proxy), resp.StatusCode)
	case http.StatusForbidden, http.StatusMethodNotAllowed: // by its rules, which are the same in a minute
		return charge.Usagef("the proxy %s refuses to pass on %s (%s)", originOf(proxy), connect.Host, statusText(resp.StatusCode)).
			WithHint("ask whoever runs the proxy to let this host pass; a host that NO_PROXY names is asked directly")
	}
	return charge.Errorf(charge.KindTemporary, "the proxy answered %s", statusText(resp.StatusCode))
}

// proxyRefuses is the error of a 407 that came instead of the answer of u's host.
func (c *Client) proxyRefuses(u *url.URL) *charge.Error {
	proxy, _ := proxyFor(c.options.Transport, u)
	return wrongPassword(cmp.Or(proxy, "before "+u.Host), http.StatusProxyAuthRequired)
}

// wrongPassword is the error of a proxy's status: for usage, because no retry brings another answer.
func wrongPassword(proxy string, status int) *charge.Error {
	return charge.Usagef("the proxy %s wants another user name or password (%s)", proxy, statusText(status)).
		WithHint("set HTTPS_PROXY (HTTP_PROXY for plain HTTP) to http://USER:PASSWORD@HOST:PORT")
}
