package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxConns is how many connections are open at a time; others wait at the system.
const maxConns = 128

// door lets so many connections in at a time.
type door struct {
	net.Listener

	places chan struct{}
	secure *tls.Config // nil for plain HTTP
	failed func(addr string, err error)
	shut   chan struct{}
	once   sync.Once
}

// Accept waits for a place and then for a connection.
func (d *door) Accept() (net.Conn, error) {
	select {
	case d.places <- struct{}{}:
	case <-d.shut:
		return nil, net.ErrClosed
	}
	conn, err := d.Listener.Accept()
	if err != nil {
		<-d.places
		return nil, err
	}
	c := &guest{Conn: conn, leave: func() { <-d.places }, failed: d.failed}
	if d.secure != nil {
		c.secure = tls.Server(conn, d.secure)
		c.Conn = c.secure
	}
	return c, nil
}

// Close lets nobody in any more.
func (d *door) Close() error {
	d.once.Do(func() { close(d.shut) })
	return d.Listener.Close()
}

// guest is a connection. It answers headers that take too long with 408, where net/http would hang up without a word, and
// shakes hands under the time limit of the headers.
type guest struct {
	net.Conn

	secure  *tls.Conn // nil for plain HTTP
	failed  func(addr string, err error)
	shaken  bool
	served  atomic.Bool // a handler has the request
	begun   atomic.Bool // a byte of a request came that no handler has
	leave   func()
	leaving sync.Once
}

// Read tells a request that is too slow so.
func (g *guest) Read(p []byte) (int, error) {
	if g.secure != nil && !g.shaken {
		g.shaken = true
		if err := g.secure.HandshakeContext(context.Background()); err != nil {
			g.failed(g.RemoteAddr().String(), err)
			return 0, io.EOF
		}
	}
	n, err := g.Conn.Read(p)
	if g.served.Load() {
		return n, err
	}
	if n > 0 {
		g.begun.Store(true)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && g.begun.Load() {
		const why = "the headers take 10 s at most\n"
		_ = g.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = fmt.Fprintf(g.Conn, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"+
			"Content-Length: %d\r\n\r\n%s", len(why), why)
		_ = g.Conn.Close() // net/http takes half a line for a whole one, and would answer that too
	}
	return n, err
}

// Close gives the place back.
func (g *guest) Close() error {
	g.leaving.Do(g.leave)
	return g.Conn.Close()
}

type guestKey struct{}

// remember lets a handler find its connection.
func remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, guestKey{}, c)
}

// serving tells the connection of a request that a handler has it, until done is called.
func serving(r *http.Request) (done func()) {
	g, ok := r.Context().Value(guestKey{}).(*guest)
	if !ok {
		return func() {}
	}
	g.served.Store(true)
	return func() {
		g.begun.Store(false)
		g.served.Store(false)
	}
}
