package sandbox

import (
	"context"
	"time"
)

// The faults in this file stand between an event and its endpoint.

func eventTwice(s *Sandbox, _ int) {
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		honest(ctx, m)
		if pause(ctx, firstPause) {
			honest(ctx, m)
		}
	}
}

func eventLate(s *Sandbox, seconds int) {
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		if pause(ctx, time.Duration(seconds)*time.Second) {
			honest(ctx, m)
		}
	}
}

func eventLost(s *Sandbox, first int) {
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		if m.n > first {
			honest(ctx, m)
		}
	}
}

// eventForged is what somebody sends who knows the endpoint and the form of an event, but not the secret.
func eventForged(s *Sandbox, _ int) {
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		forged := m
		forged.secret = newID(s.seed, "whsec_", -m.n)
		forged.event.ID, forged.report.ID = newID(s.seed, "evt_", -m.n), newID(s.seed, "rpt_", -m.n)
		_, files := s.Origins()
		forged.report.URL = orNull(files + filePath(forged.report.ID))
		s.post(ctx, forged, 0)
		honest(ctx, m)
	}
}

// eventOld is what somebody sends who has seen the event an hour ago.
func eventOld(s *Sandbox, _ int) {
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		s.post(ctx, m, time.Hour)
		honest(ctx, m)
	}
}

func eventsShuffled(s *Sandbox, _ int) {
	const most = 5 * time.Second
	honest := s.deliver
	s.deliver = func(ctx context.Context, m message) {
		if pause(ctx, time.Duration(random(digest(s.seed, "order of events", m.n)).Int64N(int64(most)))) {
			honest(ctx, m)
		}
	}
}
