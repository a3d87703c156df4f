package sandbox

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// The faults in this file decide what becomes of creates, keys and reports.

func slow(s *Sandbox, factor int) {
	honest := s.fate
	s.fate = func(n int) (time.Duration, string) {
		takes, ends := honest(n)
		if takes < forever {
			takes *= time.Duration(factor)
		}
		return takes, ends
	}
}

func stuck(s *Sandbox, first int) {
	honest := s.fate
	s.fate = func(n int) (time.Duration, string) {
		takes, ends := honest(n)
		if n <= first {
			takes = forever
		}
		return takes, ends
	}
}

func fails(s *Sandbox, first int) {
	honest := s.fate
	s.fate = func(n int) (time.Duration, string) {
		takes, ends := honest(n)
		if n <= first {
			ends = failed
		}
		return takes, ends
	}
}

func gone(s *Sandbox, first int) {
	s.gone = func(r *report, now time.Time) bool {
		status := r.status(now)
		return r.n <= first && (status == succeeded || status == failed)
	}
}

// serverDefaults does what the example of the API's own documentation shows: fleet, group_by and filters come back
// that were not sent. The report is about what was filled in: a fleet, and all its vehicles.
func serverDefaults(s *Sandbox, _ int) {
	s.fill = func(a *asked) {
		if a.fleet == "" {
			i := slices.IndexFunc(s.fleets, func(f fleet) bool {
				return len(a.vehicles) > 0 && slices.Contains(f.vehicles, a.vehicles[0])
			})
			a.fleet = s.fleets[max(i, 0)].id
		}
		filled := members{"group_by": "vehicle", "filters": members{"vehicle": s.fleet(a.fleet).vehicles}}
		maps.Copy(filled, a.parameters)
		a.parameters = filled
	}
}

// inProgress answers a repeat as a server does that is still at work on the first request, whose own answer never
// arrives. The report is there from the beginning: what matters to a client is that there is one.
func inProgress(s *Sandbox, seconds int) {
	honest := s.api
	var mu sync.Mutex // guards began
	began := map[string]time.Time{}
	s.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, refused := idempotencyKey(r)
		if on(create)(r) == "" || key == "" || refused != nil {
			honest.ServeHTTP(w, r)
			return
		}
		mu.Lock()
		at, known := began[key]
		if !known {
			began[key] = s.now()
		}
		mu.Unlock()
		switch {
		case !known:
			answer := capture(honest, r)
			if answer.status == http.StatusOK {
				panic(http.ErrAbortHandler)
			}
			mu.Lock()
			delete(began, key)
			mu.Unlock()
			answer.send(w)
		case s.now().Sub(at) < time.Duration(seconds)*time.Second:
			s.refuse(w, conflict("a request with this idempotency key is still in progress"))
		default:
			honest.ServeHTTP(w, r)
		}
	})
}

func firstOutcome(s *Sandbox, _ int) {
	s.otherBody = func(first outcome) (any, *refusal) { return first.answer, nil }
}

func keyForEver(s *Sandbox, _ int) { s.keyLife = forever }

func clockAhead(s *Sandbox, days int) {
	honest := s.now
	s.now = func() time.Time { return honest().AddDate(0, 0, -days) }
}

func expanded(s *Sandbox, _ int) { s.expands = []string{"account", "fleet"} }
