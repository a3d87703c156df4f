package cli

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"syscall"

	"github.com/chargectl/chargectl/internal/charge"
)

// act is what happens to a request in the fault table.
type act func(c *cell, req *http.Request) (*http.Response, error)

func reply(req *http.Request, status int, text string, headers ...string) *http.Response {
	h := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Set(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(text)), ContentLength: -1, Request: req}
}

// short is a response whose body ends after n bytes, with err.
func short(resp *http.Response, n int64, err error) *http.Response {
	resp.Body = &endingBody{Reader: io.LimitReader(resp.Body, n), Closer: resp.Body, err: err}
	return resp
}

type endingBody struct {
	io.Reader
	io.Closer

	err error
}

func (b *endingBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func breaks(err error) act {
	return func(*cell, *http.Request) (*http.Response, error) { return nil, err }
}

// distrusts fails as http.Transport does before anything is sent: a connection was asked for, and there is none.
func distrusts(_ *cell, req *http.Request) (*http.Response, error) {
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GetConn != nil {
		trace.GetConn(req.URL.Host)
	}
	return nil, &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}
}

func says(status int, text string, headers ...string) act {
	return func(_ *cell, req *http.Request) (*http.Response, error) {
		return reply(req, status, text, headers...), nil
	}
}

// answers is a refusal in the API's own words.
func answers(status int, headers ...string) act {
	text := fmt.Sprintf(`{"object":"error","type":"api_error","code":null,"message":"no","request":"req_1","status":%d}`, status)
	return says(status, text, headers...)
}

// loses has the request processed and the answer lost.
func loses(c *cell, req *http.Request) (*http.Response, error) {
	resp, err := c.honest.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
}

// hangs answers with a header and then with nothing.
func hangs(_ *cell, req *http.Request) (*http.Response, error) {
	resp := reply(req, 200, "", "Content-Type: text/csv")
	r, _ := io.Pipe()
	resp.Body = r
	return resp, nil
}

func cuts(c *cell, req *http.Request) (*http.Response, error) {
	resp, err := c.honest.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	return short(resp, resp.ContentLength/2, io.ErrUnexpectedEOF), nil
}

func ends(err error) act {
	return func(c *cell, req *http.Request) (*http.Response, error) {
		resp, failed := c.honest.RoundTrip(req)
		if failed != nil {
			return nil, failed
		}
		return short(resp, resp.ContentLength, err), nil
	}
}

// resizes announces a file that is a byte shorter than the report says, and sends that.
func resizes(c *cell, req *http.Request) (*http.Response, error) {
	whole := req.Clone(req.Context())
	whole.Header.Del("Range")
	resp, err := c.honest.RoundTrip(whole)
	if err != nil {
		return nil, err
	}
	resp.ContentLength--
	return short(resp, resp.ContentLength, io.EOF), nil
}

func ignoresRange(c *cell, req *http.Request) (*http.Response, error) {
	whole := req.Clone(req.Context())
	whole.Header.Del("Range")
	resp, err := c.honest.RoundTrip(whole)
	if err != nil {
		return nil, err
	}
	resp.Header.Del("ETag")
	resp.Header.Del("Last-Modified")
	return resp, nil
}

func sigterm() error {
	cause := signalOf(syscall.SIGTERM)
	return &charge.Error{Kind: charge.KindInterrupted, Reason: cause.Error(), Err: cause}
}

func terminates(c *cell, req *http.Request) (*http.Response, error) {
	c.signal(sigterm())
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// terminatesLate interrupts when the last byte has been read.
func terminatesLate(c *cell, req *http.Request) (*http.Response, error) {
	resp, err := c.honest.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	tail := readFunc(func([]byte) (int, error) {
		c.signal(sigterm())
		return 0, io.EOF
	})
	resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(data), tail))
	return resp, nil
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// outlasts answers never.
func outlasts(_ *cell, req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// takesTheName puts a folder where the file is to be.
func takesTheName(c *cell, req *http.Request) (*http.Response, error) {
	if err := os.Mkdir(c.target(), 0o755); err != nil {
		c.t.Error(err)
	}
	resp, err := c.honest.RoundTrip(req)
	if err != nil || !ofFileHost(req) {
		return resp, err
	}
	return c.lead(resp), nil
}
