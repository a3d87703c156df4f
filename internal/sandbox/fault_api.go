package sandbox

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// The faults in this file stand between the API and its client.

// tally counts requests by some name of theirs.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

// next returns how often the name has been seen, this time included.
func (t *tally) next(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	t.seen[name]++
	return t.seen[name]
}

// first wraps a handler: the first n requests of each name go to instead, the others and those without a name to
// the honest handler.
func first(n int, name func(*http.Request) string, honest, instead http.Handler) http.Handler {
	var t tally
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name := name(r); name != "" && t.next(name) <= n {
			instead.ServeHTTP(w, r)
			return
		}
		honest.ServeHTTP(w, r)
	})
}

func every(*http.Request) string { return "every" }

// on names the requests of a method and path, all alike.
func on(requests ...string) func(*http.Request) string {
	return func(r *http.Request) string {
		if slices.Contains(requests, r.Method+" "+r.URL.Path) {
			return "asked"
		}
		return ""
	}
}

const (
	create  = "POST /v1/reports"
	listing = "GET /v1/reports"
)

func onReport(r *http.Request) string {
	id, ok := strings.CutPrefix(r.URL.Path, "/v1/reports/")
	if r.Method != http.MethodGet || !ok {
		return ""
	}
	return id
}

func late(s *Sandbox, n int) {
	s.api = first(n, onReport, s.api, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, noReport(onReport(r)))
	}))
}

func lostCreate(s *Sandbox, n int) {
	honest := s.api
	s.api = first(n, on(create), honest, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		capture(honest, r)
		panic(http.ErrAbortHandler) // net/http's way to cut a connection without an answer
	}))
}

// captured is an answer that has not gone out.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func capture(h http.Handler, r *http.Request) *captured {
	c := &captured{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(c, r)
	return c
}

func (c *captured) Header() http.Header         { return c.header }
func (c *captured) WriteHeader(status int)      { c.status = status }
func (c *captured) Write(p []byte) (int, error) { return c.body.Write(p) }

func (c *captured) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), c.header)
	w.WriteHeader(c.status)
	_, _ = w.Write(c.body.Bytes()) // a client that has gone away is no news
}

func revoked(s *Sandbox, n int) {
	refusing := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.refuse(w, unauthorized("this key has been revoked"))
	})
	s.api = first(n-1, every, refusing, s.api)
}

func flaky(s *Sandbox, n int) {
	honest, seed := s.api, int(s.seed%1000)
	var t tally
	s.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count := t.next("") + seed
		if count%n != 0 {
			honest.ServeHTTP(w, r)
			return
		}
		switch count / n % 3 {
		case 0:
			s.htmlPage(w, http.StatusBadGateway, "502 Bad Gateway")
		case 1:
			s.refuse(w, unavailable(http.StatusInternalServerError, "an unexpected error occurred"))
		default:
			s.refuse(w, unavailable(http.StatusServiceUnavailable, "the API is not available"))
		}
	})
}

func (s *Sandbox) htmlPage(w http.ResponseWriter, status int, title string) {
	s.setDate(w)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n")
}

func rateLimit(s *Sandbox, n int) {
	const between = 10
	honest := s.api
	var t tally
	s.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if (t.next("")-1)%(between+n) < between {
			honest.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", "1")
		s.refuse(w, tooMany("too many requests"))
	})
}

func truncated(s *Sandbox, n int) {
	s.api = first(n, every, s.api, halved(s.api, abort))
}

func emptyList(s *Sandbox, n int) {
	listings := on(listing, "GET /v1/fleets", "GET /v1/webhook_endpoints")
	s.api = first(n, listings, s.api, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.send(w, s.nextRequest(), http.StatusOK, pageObject{Data: []any{}})
	}))
}

func listingHangs(s *Sandbox, n int) {
	s.api = first(n, on(listing), s.api, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hang(r) }))
}

func listingFails(s *Sandbox, n int) {
	s.api = first(n, on(listing), s.api, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		s.refuse(w, unavailable(http.StatusServiceUnavailable, "listings are not available"))
	}))
}
