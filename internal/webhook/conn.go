package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
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
	shut   <-chan struct{} // closed when nobody is let in any more
	secure *tls.Config     // nil for plain HTTP
	failed func(why string)
}

// Accept waits for a place and then for a connection.
func (d *door) Accept() (net.Conn, error) {
	select {
	case d.places <- struct{}{}:
	case <-d.shut:
		return nil, net.ErrClosed
	}
	leave := sync.OnceFunc(func() { <-d.places })
	conn, err := d.Listener.Accept()
	if err != nil {
		leave()
		return nil, err
	}
	g := &guest{Conn: conn, leave: leave, shake: func() error { return nil }}
	if d.secure != nil {
		secured := tls.Server(conn, d.secure)
		g.Conn, g.shake = secured, sync.OnceValue(func() error {
			err := secured.HandshakeContext(context.Background())
			if err != nil {
				d.failed("no TLS with " + conn.RemoteAddr().String() + ": " + err.Error())
			}
			return err
		})
	}
	return g, nil
}

// guest is a connection. It answers headers that take too long with 408, where net/http would hang up without a word, and
// shakes hands under the time limit of the headers.
type guest struct {
	net.Conn

	leave func()
	shake func() error
	phase atomic.Int32
}

// The phases of a connection, again for each request.
const (
	unheard = iota
	begun   // a byte of a request came that no handler has
	served  // a handler has the request
)

type guestKey struct{}

// Read tells a request that is too slow so.
func (g *guest) Read(p []byte) (int, error) {
	if g.shake() != nil {
		return 0, io.EOF
	}
	n, err := g.Conn.Read(p)
	if n > 0 {
		g.phase.CompareAndSwap(unheard, begun)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) && g.phase.Load() == begun {
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
	g.leave()
	return g.Conn.Close()
}
