package contracttest

import (
	"bufio"
	"bytes"
	"cmp"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/iotest"
)

// Check returns next with the contract in front of it: each violation is a t.Errorf with method, path and reason.
// An answer that is hijacked or aborted is passed over. The server must be closed before the test ends.
func Check(t testing.TB, next http.Handler, opts ...Option) http.Handler {
	t.Helper()
	c := newChecker(t, opts)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !concerns(r) {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		r.Body = replay(body, err)
		end := c.begin(r, body)
		tee := &recorder{ResponseWriter: w}
		next.ServeHTTP(tee, r)
		if !tee.hijacked {
			end(cmp.Or(tee.status, http.StatusOK), w.Header(), tee.body.Bytes())
		}
	})
}

// recorder lets an answer through at once and keeps a copy.
type recorder struct {
	http.ResponseWriter

	status   int // 0 until the answer has begun
	body     bytes.Buffer
	hijacked bool
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	r.status = cmp.Or(r.status, http.StatusOK)
	r.body.Write(p)
	return r.ResponseWriter.Write(p)
}

// Hijack hands the connection over; what happens on it is nobody's business from then on.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(r.ResponseWriter).Hijack()
	r.hijacked = err == nil
	return conn, rw, err
}

// replay is a body that has been read already: its bytes again, and the error it ended with.
func replay(body []byte, err error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(bytes.NewReader(body), iotest.ErrReader(cmp.Or(err, io.EOF))))
}
