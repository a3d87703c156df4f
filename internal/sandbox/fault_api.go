package sandbox

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The faults in this file stand between the API and its client.

// first tells the first n requests of each name from the others; those without a name are others.
func first(n int, name func(*http.Request) string) func(*http.Request) bool {
	var mu sync.Mutex // guards seen
	seen := map[string]int{}
	return func(r *http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		name := name(r)
		seen[name]++
		return name != "" && seen[name] <= n
	}
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

// answerInstead lets another answer take the place of the API's own for the requests that are hit.
func (s *Sandbox) answerInstead(hit func(*http.Request) bool, other func(*http.Request) (any, *refusal)) {
	honest, fault := s.answer, s.installing
	s.answer = func(r *http.Request, requestID string) (any, *refusal) {
		if hit(r) {
			note(r, fault)
			return other(r)
		}
		return honest(r, requestID)
	}
}

// instead is a handler that another one takes the place of for the requests that are hit.
func (s *Sandbox) instead(honest http.Handler, hit func(*http.Request) bool, other http.HandlerFunc) http.Handler {
	fault := s.installing
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hit(r) {
			note(r, fault)
			other(w, r)
			return
		}
		honest.ServeHTTP(w, r)
	})
}

// unavailable is what an API says when it is its own fault.
func unavailable(status int, why string) *refusal { return refuse(status, typeAPI, "", "", "%s", why) }

func revoked(s *Sandbox, n int) {
	good := first(n-1, every)
	s.answerInstead(func(r *http.Request) bool { return !good(r) }, func(*http.Request) (any, *refusal) {
		return nil, unauthorized("this key has been revoked")
	})
}

func flaky(s *Sandbox, n int) {
	var count, hits atomic.Int64
	count.Store(int64(s.seed % 1000))
	hit := func(*http.Request) bool { return int(count.Add(1))%n == 0 }
	s.api = s.instead(s.api, hit, func(w http.ResponseWriter, _ *http.Request) {
		switch hits.Add(1) % 3 {
		case 0:
			htmlPage(w, http.StatusBadGateway, "502 Bad Gateway")
		case 1:
			s.refuse(w, s.nextRequest(), unavailable(http.StatusInternalServerError, "an unexpected error occurred"))
		default:
			s.refuse(w, s.nextRequest(), unavailable(http.StatusServiceUnavailable, "the API is not available"))
		}
	})
}

// eachNth hits one request in n, beginning with the first.
func eachNth(n int) func(*http.Request) bool {
	var count atomic.Int64
	return func(*http.Request) bool { return (count.Add(1)-1)%int64(n) == 0 }
}

func proxyHTML(s *Sandbox, n int) { s.api = s.instead(s.api, eachNth(n), signIn) }

func garbage(s *Sandbox, n int) { s.api = s.instead(s.api, eachNth(n), s.noise(s.api)) }

func lostAnswers(s *Sandbox, n int) { s.api = s.instead(s.api, eachNth(n), lost(s.api)) }

// signIn is what a proxy shows that wants to know who somebody is.
func signIn(w http.ResponseWriter, _ *http.Request) { htmlPage(w, http.StatusOK, "Please sign in") }

// lost lets a request be done and cuts the connection before its answer.
func lost(honest http.Handler) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		honest.ServeHTTP(nowhere{}, r)
		abort(r)
	}
}

// noise lets a request be done and answers with bytes that mean nothing, as success.
func (s *Sandbox) noise(honest http.Handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		honest.ServeHTTP(nowhere{}, r)
		sum := digest(s.seed, "noise", r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(sum[:])
	}
}

// nowhere is a response that nobody reads.
type nowhere http.Header

func (n nowhere) Header() http.Header         { return http.Header(n) }
func (n nowhere) WriteHeader(int)             {}
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }

// outage takes API and file host away for the first seconds of every minute, which the first request begins: by turns
// no answer at all and a 503.
func outage(s *Sandbox, seconds int) {
	var mu sync.Mutex // guards began
	var began time.Time
	var hits atomic.Int64
	away := func(*http.Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if began.IsZero() {
			began = s.now()
		}
		return s.now().Sub(began)%time.Minute < time.Duration(seconds)*time.Second
	}
	gone := func(w http.ResponseWriter, r *http.Request) {
		if hits.Add(1)%2 == 1 {
			abort(r)
		}
		http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
	}
	s.api, s.files = s.instead(s.api, away, gone), s.instead(s.files, away, gone)
}

func htmlPage(w http.ResponseWriter, status int, title string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>"+title+"</title></head><body><h1>"+title+"</h1></body></html>\n")
}

func rateLimit(s *Sandbox, n int) {
	const between = 10
	var count atomic.Int64
	over := func(*http.Request) bool { return (count.Add(1)-1)%int64(between+n) >= between }
	s.api = s.instead(s.api, over, s.limited)
}

func tooManyFirst(s *Sandbox, n int) {
	s.api = s.instead(s.api, first(n, every), s.limited)
}

func (s *Sandbox) limited(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "1")
	s.refuse(w, s.nextRequest(), tooMany("too many requests"))
}

func truncated(s *Sandbox, n int) {
	s.api = s.instead(s.api, first(n, every), halved(s.api, abort))
}

func emptyList(s *Sandbox, n int) {
	listings := on(listing, "GET /v1/fleets", "GET /v1/webhook_endpoints")
	s.answerInstead(first(n, listings), func(*http.Request) (any, *refusal) { return pageObject{Data: []any{}}, nil })
}

func listingHangs(s *Sandbox, n int) {
	s.api = s.instead(s.api, first(n, on(listing)), func(_ http.ResponseWriter, r *http.Request) { hang(r) })
}

func listingFails(s *Sandbox, n int) {
	s.answerInstead(first(n, on(listing)), func(*http.Request) (any, *refusal) {
		return nil, unavailable(http.StatusServiceUnavailable, "listings are not available")
	})
}
