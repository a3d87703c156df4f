package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// strike is one of the faults that chaos has, with its name in the log.
type strike struct {
	name string
	do   http.HandlerFunc
}

// chaos lets n of a hundred requests and events meet a fault, which the seed chooses. What it does to a request is over
// with its repetition: no client that is alone and repeats what it may ever sees more than two in a row.
func chaos(s *Sandbox, percent int) {
	api, files := s.api, s.files
	refused := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			s.refuse(w, s.nextRequest(), unavailable(status, "the API is not available"))
		}
	}
	cutOff := func(_ http.ResponseWriter, r *http.Request) { abort(r) }
	text := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, http.StatusText(status), status) }
	}
	whole := func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Range")
		files.ServeHTTP(w, r)
	}
	s.api = s.sometimes(percent, api, []strike{
		{"500", refused(http.StatusInternalServerError)}, {"503", refused(http.StatusServiceUnavailable)}, {"429", s.limited},
		{"502-html", func(w http.ResponseWriter, _ *http.Request) { htmlPage(w, http.StatusBadGateway, "502 Bad Gateway") }},
		{"proxy-html", signIn}, {"garbage", s.noise(api)}, {"truncated", halved(api, abort)}, {"lost-answer", lost(api)}, {"refused", cutOff},
	})
	s.files = s.sometimes(percent, files, []strike{
		{"cut", halved(files, abort)}, {"cut", halved(files, abort)}, {"file-503", text(http.StatusServiceUnavailable)},
		{"link-expired", text(http.StatusForbidden)}, {"html-file", signIn}, {"file-refused", cutOff}, {"no-range", whole},
	})
	s.aroundEvents(func(m message, honest func(message)) { s.chaosOfEvents(percent, m, honest) })
}

// sometimes lets a fault take the place of the honest answer.
func (s *Sandbox) sometimes(percent int, honest http.Handler, all []strike) http.Handler {
	const most = 2    // in a row
	var mu sync.Mutex // guards rng and row
	rng, row := random(digest(s.seed, "chaos", len(all))), 0
	choose := func() (strike, bool) {
		mu.Lock()
		defer mu.Unlock()
		if row == most || rng.IntN(100) >= percent {
			row = 0
			return strike{}, false
		}
		row++
		return all[rng.IntN(len(all))], true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chosen, hit := choose()
		if !hit {
			honest.ServeHTTP(w, r)
			return
		}
		note(r, "chaos "+chosen.name)
		chosen.do(w, r)
	})
}

// chaosOfEvents sends an event late, twice or never.
func (s *Sandbox) chaosOfEvents(percent int, m message, honest func(message)) {
	rng := random(digest(s.seed, "chaos of events", m.n))
	if rng.IntN(100) < percent {
		switch rng.IntN(3) {
		case 0:
			s.trace.count("chaos event-lost")
			return
		case 1:
			s.trace.count("chaos event-twice")
			honest(m)
		default:
			s.trace.count("chaos event-late")
		}
		if !s.pause(time.Duration(rng.Int64N(int64(5 * time.Second)))) {
			return
		}
	}
	honest(m)
}
