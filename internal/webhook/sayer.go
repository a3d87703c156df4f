package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// sayer tells of what strangers cause as often as they like: a line a second at most, which counts those that were held
// back.
type sayer struct {
	notice func(text string)

	mu      sync.Mutex // guards what follows
	resting bool
	last    string // held back
	held    int
}

const sayEvery = time.Second

func (s *sayer) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = text
	s.held++
	if !s.resting {
		s.tell()
	}
}

// tell tells what was held back, and again after a second. The lock is held.
func (s *sayer) tell() {
	if s.resting = s.held > 0; !s.resting {
		return
	}
	text := s.last
	if s.held > 1 {
		text += fmt.Sprintf(" (and %d more)", s.held-1)
	}
	s.held = 0
	time.AfterFunc(sayEvery, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tell()
	})
	s.notice(text)
}

// complaints is a slog.Handler for those of net/http.
type complaints struct {
	slog.Handler

	*sayer
}

func (c complaints) Enabled(context.Context, slog.Level) bool { return true }

func (c complaints) Handle(_ context.Context, r slog.Record) error {
	c.say(r.Message)
	return nil
}
