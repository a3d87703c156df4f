package sandbox

import (
	"net/http"
	"strconv"
)

// The faults in this file stand between the file host and its client.

func onFile(r *http.Request) string { return r.URL.Path }

func cut(s *Sandbox, n int)   { s.files = first(n, onFile, s.files, halved(s.files, abort)) }
func stall(s *Sandbox, n int) { s.files = first(n, onFile, s.files, halved(s.files, hang)) }

func htmlFile(s *Sandbox, n int) {
	s.files = first(n, onFile, s.files, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.htmlPage(w, http.StatusOK, "Please sign in")
	}))
}

// linkExpires gives every view of a report a link of its own.
func linkExpires(s *Sandbox, n int) {
	var issued, used tally
	honestLink, honest := s.link, s.files
	s.link = func(url string) string {
		return honestLink(url) + "?signature=" + newID(s.seed, "", issued.next(""))
	}
	s.files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		link := r.URL.Query().Get("signature")
		if link == "" || used.next(link) > n {
			s.setDate(w)
			http.Error(w, "this link has expired", http.StatusForbidden)
			return
		}
		honest.ServeHTTP(w, r)
	})
}

func noRange(s *Sandbox, _ int) {
	honest := s.files
	s.files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = r.Clone(r.Context())
		for _, name := range []string{"Range", "If-Range"} {
			r.Header.Del(name)
		}
		honest.ServeHTTP(&without{w, []string{"Accept-Ranges", "ETag", "Last-Modified"}}, r)
	})
}

// without is a response that loses some of its headers on the way.
type without struct {
	http.ResponseWriter

	lost []string
}

func (w *without) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *without) WriteHeader(status int) {
	for _, name := range w.lost {
		w.Header().Del(name)
	}
	w.ResponseWriter.WriteHeader(status)
}

func wrongSize(s *Sandbox, _ int) {
	honest := s.files
	s.files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, ok := s.fileOf(r.URL.Path)
		if !ok {
			honest.ServeHTTP(w, r)
			return
		}
		s.setDate(w)
		body := s.render(report)
		s.serveBytes(w, r, report, body[:len(body)-1])
	})
}

// fileGone has both ways of servers to say it.
func fileGone(s *Sandbox, n int) {
	honest := s.files
	s.files = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, ok := s.fileOf(r.URL.Path)
		if !ok || report.n > n {
			honest.ServeHTTP(w, r)
			return
		}
		s.setDate(w)
		http.Error(w, "the file is gone", []int{http.StatusNotFound, http.StatusGone}[report.n%2])
	})
}

// halved passes the first half of a body on and then does what end does.
func halved(honest http.Handler, end func(*http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		honest.ServeHTTP(&half{ResponseWriter: w, end: func() { end(r) }}, r)
	})
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
