package inproc

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
)

// conn carries one answer from a handler, for which it is the response writer, to a client in the same process, for
// which it is the body. Writing never blocks, so a handler ends by itself, however the client treats the body.
type conn struct {
	ctx    context.Context
	cancel context.CancelFunc
	asked  *http.Request
	header http.Header

	mu      sync.Mutex  // guards everything below
	news    *sync.Cond  // tells that something below has changed, or that ctx is done
	status  int         // 0 until the header has been sent
	sent    http.Header // as it was when it was sent
	length  int64       // that the header promised, -1 when it promised none
	body    bytes.Buffer
	written int64
	end     error // of the body, nil while the handler runs
}

// serve runs the handler to its end. The body is short when the handler aborts, or writes less than it promised.
func (c *conn) serve(h http.Handler, r *http.Request) {
	defer func() {
		cause := recover()
		if cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
			panic(cause)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.end = io.EOF
		if cause != nil || c.asked.Method != http.MethodHead && c.written < c.length {
			c.end = io.ErrUnexpectedEOF
		}
		c.news.Broadcast()
	}()
	h.ServeHTTP(c, r)
	c.Flush()
}

func (c *conn) Header() http.Header { return c.header }

func (c *conn) WriteHeader(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status != 0 {
		return
	}
	c.status, c.sent, c.length = status, c.header.Clone(), -1
	if length, err := strconv.ParseInt(c.sent.Get("Content-Length"), 10, 64); err == nil {
		c.length = length
	}
	c.news.Broadcast()
}

func (c *conn) Flush() { c.WriteHeader(http.StatusOK) }

func (c *conn) Write(p []byte) (int, error) {
	c.Flush()
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written += int64(len(p))
	if c.asked.Method != http.MethodHead {
		c.body.Write(p)
		c.news.Broadcast()
	}
	return len(p), nil
}

// response waits for the header.
func (c *conn) response() (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.status == 0 && c.end == nil && c.ctx.Err() == nil {
		c.news.Wait()
	}
	if err := c.ctx.Err(); err != nil { // an answer that comes with the end of the request is none
		return nil, err
	}
	if c.status == 0 {
		c.cancel()
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: fmt.Errorf("the sandbox cut the connection: %w", syscall.ECONNRESET)}
	}
	return &http.Response{
		Status: strconv.Itoa(c.status) + " " + http.StatusText(c.status), StatusCode: c.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.sent, Body: c, ContentLength: c.length, Request: c.asked,
	}, nil
}

func (c *conn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.body.Len() == 0 && c.end == nil && c.ctx.Err() == nil {
		c.news.Wait()
	}
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.body.Len() > 0 {
		return c.body.Read(p)
	}
	return 0, c.end
}

// Close tells the handler that nobody listens any more.
func (c *conn) Close() error {
	c.cancel()
	return nil
}
