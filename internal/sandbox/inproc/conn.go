package inproc

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// conn carries one answer from a handler to a client in the same process. Writing never blocks, so a handler ends by
// itself, however the client treats the body.
type conn struct {
	ctx    context.Context
	cancel context.CancelFunc
	asked  *http.Request
	header http.Header
	head   chan struct{} // closed when status and sent are set, or the handler has ended without

	mu      sync.Mutex
	status  int         // 0 until the header has been sent
	sent    http.Header // as it was when it was sent
	buf     bytes.Buffer
	written int64
	err     error         // how the body ends, nil while the handler runs
	news    chan struct{} // holds a token when there is something new to read
}

var _ http.Flusher = (*conn)(nil)

func newConn(ctx context.Context, cancel context.CancelFunc, asked *http.Request) *conn {
	return &conn{
		ctx: ctx, cancel: cancel, asked: asked, header: http.Header{},
		head: make(chan struct{}), news: make(chan struct{}, 1),
	}
}

// serve runs the handler to its end.
func (c *conn) serve(h http.Handler, r *http.Request) {
	defer func() {
		cause := recover()
		if cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // a panic's value, compared as net/http does
			panic(cause)
		}
		c.end(cause == nil)
	}()
	h.ServeHTTP(c, r)
}

// end says how the body ended: whole, or short of what was promised.
func (c *conn) end(whole bool) {
	if whole {
		c.WriteHeader(http.StatusOK)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = io.EOF
	if promised := c.promised(); !whole || c.asked.Method != http.MethodHead && promised >= 0 && c.written < promised {
		c.err = io.ErrUnexpectedEOF
	}
	if c.status == 0 {
		close(c.head)
	}
	c.wake()
}

// promised is the length that the header gave, -1 when it gave none.
func (c *conn) promised() int64 {
	length, err := strconv.ParseInt(c.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		return -1
	}
	return length
}

func (c *conn) Header() http.Header { return c.header }

func (c *conn) WriteHeader(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status != 0 {
		return
	}
	c.status, c.sent = status, c.header.Clone()
	close(c.head)
}

func (c *conn) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.written += int64(len(p))
	if c.asked.Method != http.MethodHead {
		c.buf.Write(p)
		c.wake()
	}
	return len(p), nil
}

func (c *conn) Flush() { c.WriteHeader(http.StatusOK) }

func (c *conn) wake() {
	select {
	case c.news <- struct{}{}:
	default:
	}
}

// response waits for the header.
func (c *conn) response() (*http.Response, error) {
	select {
	case <-c.head:
	case <-c.ctx.Done():
		return nil, c.ctx.Err()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.status == 0 {
		err := cmp.Or(c.ctx.Err(), reset())
		c.cancel()
		return nil, err
	}
	return &http.Response{
		Status: strconv.Itoa(c.status) + " " + http.StatusText(c.status), StatusCode: c.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: c.sent.Clone(), Body: c.body(), ContentLength: c.promised(), Request: c.asked,
	}, nil
}

func (c *conn) body() io.ReadCloser {
	return struct {
		io.Reader
		io.Closer
	}{readFunc(c.read), closeFunc(c.close)}
}

type (
	readFunc  func([]byte) (int, error)
	closeFunc func() error
)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }
func (f closeFunc) Close() error              { return f() }

func (c *conn) read(p []byte) (int, error) {
	for {
		if n, err := c.take(p); n > 0 || err != nil {
			return n, err
		}
		select {
		case <-c.news:
		case <-c.ctx.Done():
			return 0, c.ctx.Err()
		}
	}
}

// take returns what there is to read now, which may be nothing.
func (c *conn) take(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buf.Len() > 0 || len(p) == 0 {
		return c.buf.Read(p)
	}
	return 0, c.err
}

// close tells the handler that nobody listens any more.
func (c *conn) close() error {
	c.cancel()
	return nil
}
