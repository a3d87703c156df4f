package webhook

import (
	"fmt"
	"sync"
	"time"
)

// sayer tells of what strangers cause as often as they like: a line a second at most, which counts those that were held
// back.
type sayer struct {
	notice func(text string)

	mu   sync.Mutex // guards what follows
	rest *time.Timer
	last string // held back
	held int
}

const sayEvery = time.Second

func (s *sayer) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rest != nil {
		s.last = text
		s.held++
		return
	}
	s.rest = time.AfterFunc(sayEvery, s.rested)
	s.notice(text)
}

func (s *sayer) rested() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = nil
	text, more := s.last, s.held-1
	if s.held == 0 {
		return
	}
	s.held = 0
	if more > 0 {
		text += fmt.Sprintf(" (and %d more)", more)
	}
	s.rest = time.AfterFunc(sayEvery, s.rested)
	s.notice(text)
}
