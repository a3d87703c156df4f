// Package reports holds the use cases: create, wait, download and sync. It declares the ports that they need, and the
// observer that is told what happens.
//
// It is not for when to poll (poll), for how a file gets onto disk (download) or what it is called (filename), and it
// knows neither HTTP nor terminals nor flags: cli wires all of them.
package reports

import (
	"context"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// Creator asks for a report. The same body under the same key is the same report.
type Creator interface {
	CreateReport(ctx context.Context, body []byte, key string) (charge.Report, error)
}

// FleetGetter finds a fleet by its id.
type FleetGetter interface {
	Fleet(ctx context.Context, id string) (charge.Fleet, error)
}

// Observer is told what happens while it happens. Its methods may be called from several goroutines at once and
// must return quickly; nothing they do changes the outcome.
type Observer interface {
	poll.Observer
	download.Observer
	// Begin gives the number of items and the deadline; a zero deadline is none.
	Begin(items int, deadline time.Time)
	// Created is called once the server has the report, before it is polled.
	Created(r charge.Report)
	// Ended is called when an item has ended: with nil if it did what was asked, else with the error. path is empty where
	// no file is involved; skipped is true when nothing had to be done.
	Ended(id, path string, skipped bool, err error)
	// Notice gives one sentence that a person should read and that changes nothing.
	Notice(text string)
}

// Service runs the use cases over the ports it is given. All fields but Disk, Jitter and Guard are needed; cli fills them in.
type Service struct {
	Create    Creator
	Throttled Creator  // Create for sync: it leaves a 429 to the throttle, which holds back every request
	Reports   poll.API // retries within a request, for one whose answer is wanted now
	Poll      poll.API // makes one attempt per request: the poller paces its own retries
	Files     download.Host
	Fleets    FleetGetter
	Observer  Observer
	Disk      disk.System    // the operating system beneath folders; the zero value is the real one
	Jitter    func() float64 // the factor that a delay is multiplied by, in [0.8, 1]; nil is random
	Guard     func()         // deferred in every goroutine, so that a panic ends the run and not the process; nil leaves panics alone
}

// start runs f in a goroutine of the group.
func (s *Service) start(group *sync.WaitGroup, f func()) {
	group.Go(func() {
		if s.Guard != nil {
			defer s.Guard()
		}
		f()
	})
}

// begin starts the clock of a command: all of its waits share one deadline and one poller.
func (s *Service) begin(ctx context.Context, items int, o WaitOptions) (context.Context, *poll.Poller, context.CancelFunc) {
	until, cancel := o.Timeout.Bound(ctx)
	deadline, _ := until.Deadline()
	s.Observer.Begin(items, deadline)
	api, once := s.Poll, o.Timeout == poll.Once
	if once {
		api = s.Reports
	}
	return until, poll.New(api, s.Observer, poll.Options{Interval: o.Interval, Reports: items, Once: once, Jitter: s.Jitter, Guard: s.Guard}), cancel
}

// source is where files come from, through a host.
func (s *Service) source(host download.Host) download.Source {
	return download.Source{Host: host, Refresh: s.Reports.Report, Observer: s.Observer, Jitter: s.Jitter}
}
