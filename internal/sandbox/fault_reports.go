package sandbox

import (
	"net/http"
	"sync"
	"time"
)

// The faults in this file decide what becomes of creates, keys and reports.

func slow(s *Sandbox, n int)           { s.slow = n }
func stuck(s *Sandbox, n int)          { s.stuck = n }
func fails(s *Sandbox, n int)          { s.fails = n }
func gone(s *Sandbox, n int)           { s.gone = n }
func serverDefaults(s *Sandbox, _ int) { s.defaults = true }
func firstOutcome(s *Sandbox, _ int)   { s.firstOutcome = true }
func keyForEver(s *Sandbox, _ int)     { s.keyLife = forever }
func clockAhead(s *Sandbox, n int)     { s.behind = time.Duration(n) * 24 * time.Hour }
func expanded(s *Sandbox, _ int)       { s.expanded = true }
func restate(s *Sandbox, n int)        { s.restate = time.Duration(n) * 24 * time.Hour }
func newStatus(s *Sandbox, _ int)      { s.newStatus = true }
func emptyCSV(s *Sandbox, _ int)       { s.emptyCSV = true }

func late(s *Sandbox, n int) {
	s.answerInstead(first(n, onReport), func(r *http.Request) (any, *refusal) { return nil, noReport(onReport(r)) })
}

func lostCreate(s *Sandbox, n int) {
	honest, lost, fault := s.answer, first(n, on(create)), s.installing
	s.answer = func(r *http.Request, requestID string) (any, *refusal) {
		object, refused := honest(r, requestID)
		if lost(r) {
			note(r, fault)
			panic(http.ErrAbortHandler) // net/http's way to cut a connection without an answer
		}
		return object, refused
	}
}

// inProgress answers a repeat as a server does that is still at work on the first request, whose own answer never
// arrives. The report is there from the beginning: what matters to a client is that there is one.
func inProgress(s *Sandbox, seconds int) {
	honest, creates, fault := s.answer, on(create), s.installing
	var began sync.Map // when, by key
	s.answer = func(r *http.Request, requestID string) (any, *refusal) {
		key, refused := idempotencyKey(r)
		if creates(r) == "" || key == "" || refused != nil {
			return honest(r, requestID)
		}
		at, known := began.LoadOrStore(key, s.now())
		if known && s.now().Sub(at.(time.Time)) < time.Duration(seconds)*time.Second {
			note(r, fault)
			return nil, conflict("a request with this idempotency key is still in progress")
		}
		object, refused := honest(r, requestID)
		if !known && refused == nil {
			note(r, fault)
			panic(http.ErrAbortHandler)
		}
		if !known {
			began.Delete(key)
		}
		return object, refused
	}
}
