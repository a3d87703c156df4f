package reports

import (
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// Observer is told what happens while it happens. Its methods may be called from several goroutines at once and
// must return quickly; nothing they do changes the outcome.
type Observer interface {
	download.Observer

	// Begin says how many items there are and when the deadline is; a zero deadline is none.
	Begin(items int, deadline time.Time)
	// Created says that the server has the report, before it is polled.
	Created(r charge.Report)
	poll.Observer
	// Ended says that an item is over: nil for what was asked, the error otherwise. path is empty where no file is
	// involved; skipped is true when nothing had to be done.
	Ended(id, path string, skipped bool, err error)
	// Notice says something that a person should know and that changes nothing, in one sentence.
	Notice(text string)
}

// Silent is the observer that tells nobody: it is for tests, which embed it and hear only what they look at.
type Silent struct{}

var _ Observer = Silent{}

// Begin does nothing.
func (Silent) Begin(int, time.Time) {}

// Created does nothing.
func (Silent) Created(charge.Report) {}

// Polled does nothing.
func (Silent) Polled(charge.Report, time.Duration) {}

// PollFailed does nothing.
func (Silent) PollFailed(string, error, time.Duration) {}

// Receiving does nothing.
func (Silent) Receiving(string, string, int64, int64) {}

// Ended does nothing.
func (Silent) Ended(string, string, bool, error) {}

// Notice does nothing.
func (Silent) Notice(string) {}
