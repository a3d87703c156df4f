package sandbox

import "time"

// The faults in this file stand between an event and its endpoint.

// aroundEvents lets how decide when, and how often, an event goes on its honest way.
func (s *Sandbox) aroundEvents(how func(m message, honest func(message))) {
	honest := s.deliver
	s.deliver = func(m message) { how(m, honest) }
}

func eventTwice(s *Sandbox, _ int) {
	s.aroundEvents(func(m message, honest func(message)) {
		honest(m)
		if s.pause(firstPause) {
			honest(m)
		}
	})
}

func eventLate(s *Sandbox, seconds int) {
	s.aroundEvents(func(m message, honest func(message)) {
		if s.pause(time.Duration(seconds) * time.Second) {
			honest(m)
		}
	})
}

func eventsShuffled(s *Sandbox, _ int) {
	const most = 5 * time.Second
	s.aroundEvents(func(m message, honest func(message)) {
		if s.pause(time.Duration(random(digest(s.seed, "order of events", m.n)).Int64N(int64(most)))) {
			honest(m)
		}
	})
}

func eventLost(s *Sandbox, first int) {
	s.aroundEvents(func(m message, honest func(message)) {
		if m.n-s.from.Ready > first {
			honest(m)
		}
	})
}

// eventForged is what somebody sends who knows the endpoint and the form of an event, but not the secret.
func eventForged(s *Sandbox, _ int) {
	s.aroundEvents(func(m message, honest func(message)) {
		forged := m
		forged.secret = newID(s.seed, "whsec_", -m.n)
		forged.event.ID, forged.report.ID = newID(s.seed, "evt_", -m.n), newID(s.seed, "rpt_", -m.n)
		_, files := s.Origins()
		forged.report.URL = orNull(files + filePath(forged.report.ID))
		s.post(forged, 0)
		honest(m)
	})
}

// eventOld is what somebody sends who has seen the event an hour ago.
func eventOld(s *Sandbox, _ int) {
	s.aroundEvents(func(m message, honest func(message)) {
		s.post(m, time.Hour)
		honest(m)
	})
}
