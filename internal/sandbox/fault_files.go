package sandbox

import (
	"net/http"
	"strconv"
	"sync/atomic"
)

// The faults in this file stand between the file host and its client.

func fileGone(s *Sandbox, n int)  { s.filesGone = n }
func noRange(s *Sandbox, _ int)   { s.noRange = true }
func wrongSize(s *Sandbox, _ int) { s.wrongSize = true }

// linkExpires gives every view of a report a link of its own.
func linkExpires(s *Sandbox, n int) {
	var issued atomic.Int64
	honest := s.link
	s.link = func(url string) string {
		return honest(url) + "?signature=" + newID(s.seed, "", int(issued.Add(1)))
	}
	good := first(n, func(r *http.Request) string { return r.URL.Query().Get("signature") })
	s.files = s.instead(s.files, func(r *http.Request) bool { return !good(r) }, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "this link has expired", http.StatusForbidden)
	})
}

func onFile(r *http.Request) string { return r.URL.Path }

func cut(s *Sandbox, n int)   { s.files = s.instead(s.files, first(n, onFile), halved(s.files, abort)) }
func stall(s *Sandbox, n int) { s.files = s.instead(s.files, first(n, onFile), halved(s.files, hang)) }

func htmlFile(s *Sandbox, n int) {
	s.files = s.instead(s.files, first(n, onFile), signIn)
}

// etagMoves gives each answer a validator of its own, as a group of servers does that have not agreed on one. The bytes
// are the same.
func etagMoves(s *Sandbox, _ int) { s.etagMoves = true }

// halved passes the first half of a body on and then does what end does, which does not return.
func halved(honest http.Handler, end func(*http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		honest.ServeHTTP(&half{ResponseWriter: w, end: func() { end(r) }}, r)
	}
}

func abort(*http.Request) { panic(http.ErrAbortHandler) }

// hang keeps a connection open without a byte until the client gives up.
func hang(r *http.Request) {
	<-r.Context().Done()
	panic(http.ErrAbortHandler)
}

// half is a response that stops after half of the length it promised.
type half struct {
	http.ResponseWriter

	end  func()
	left int64
}

func (h *half) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *half) WriteHeader(status int) {
	length, _ := strconv.ParseInt(h.Header().Get("Content-Length"), 10, 64)
	h.left = length / 2
	h.ResponseWriter.WriteHeader(status)
}

func (h *half) Write(p []byte) (int, error) {
	if int64(len(p)) <= h.left {
		h.left -= int64(len(p))
		return h.ResponseWriter.Write(p)
	}
	n, err := h.ResponseWriter.Write(p[:h.left])
	if err == nil {
		err = http.NewResponseController(h.ResponseWriter).Flush() // an aborted handler's buffer is thrown away
	}
	if err == nil {
		h.end()
	}
	return n, err
}
