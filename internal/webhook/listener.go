package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// farewell is how long requests under way have to end once the listener is to.
const farewell = 300 * time.Millisecond

// Observer is told what happens. Its methods may be called from several goroutines at once and must return quickly.
type Observer interface {
	download.Observer

	// PollFailed says that a request failed for a reason that may pass, and in how long the next one is; the id is empty
	// where the request was for no single report.
	PollFailed(id string, err error, again time.Duration)
	// Ended says that a report is done: its file is at path, skipped where it was before, or err is why there will be none.
	Ended(id, path string, skipped bool, err error)
	// Notice says something that a person should know, in one sentence.
	Notice(text string)
}

// Service is what a listener works with. All fields but Guard are needed; the zero Disk is the real one.
type Service struct {
	Poll     poll.API // makes one attempt per request: the listener paces its own repeats
	Reports  poll.API // retries within a request
	Files    download.Host
	Observer Observer
	Disk     disk.System
	Guard    func() // deferred in every goroutine that is started, so that a panic ends the run and not the process
}

// Options say what a listener does.
type Options struct {
	Dir       string
	Secrets   []string
	Tolerance time.Duration // that a signature's time may be off, before or after
	CatchUp   time.Duration // between two readings of the listing; 0 reads it once
	Jobs      int           // transfers at a time
	IfExists  download.IfExists
	Type      string      // of the reports that are written; empty for all
	Fleet     *string     // whose reports are written, empty for the whole account's; nil for all
	TLS       *tls.Config // how connections are secured; nil is plain HTTP
	// Name names a report's file in Dir. It is a usage error where it can have none.
	Name func(ctx context.Context, r charge.Report) (string, error)
	// Written is called for each file that is there, from several goroutines; more than once for one only after a kill.
	Written func(path string, r charge.Report)
}

// wants reports whether a report's file is to be written.
func (o Options) wants(r charge.Report) bool {
	return (o.Type == "" || r.Parameters.Type == o.Type) && (o.Fleet == nil || r.Fleet == *o.Fleet)
}

// Listener is a folder that events fill.
type Listener struct {
	service Service
	options Options
	keys    []Key
	source  download.Source
	folder  *disk.Folder
	lock    disk.Lock
	journal *journal

	came     chan task     // to the queue
	over     chan struct{} // closed once it takes no more
	large    chan struct{} // has a place for each long body that is read
	pause    poll.Pause
	failures atomic.Int32 // of requests to the API, in a row

	troubles, refusals, others *sayer // others are events of other types

	accepted, written atomic.Int64
	lastEvent         atomic.Int64 // in milliseconds since 1970; 0 for none
}

// Open takes a folder for a listener, and reads its journal. Close gives it back. Errors are charge.KindOutput for a folder
// that cannot be written, and KindLocked where another listener has it.
func (s Service) Open(ctx context.Context, o Options) (l *Listener, err error) {
	notice := s.Observer.Notice
	l = &Listener{
		service: s, options: o, keys: Keys(o.Secrets), source: download.Source{Host: s.Files, Refresh: s.Reports.Report, Observer: s.Observer},
		came: make(chan task), over: make(chan struct{}), large: make(chan struct{}, largeBodies),
		troubles: &sayer{notice: notice}, refusals: &sayer{notice: notice}, others: &sayer{notice: notice},
	}
	if l.folder, err = disk.Open(o.Dir, s.Disk, notice); err != nil {
		return nil, err
	}
	if err = l.folder.Writable(); err == nil {
		l.lock, err = l.folder.Lock(ctx, disk.ListenLock, os.O_RDWR|os.O_CREATE, func() error {
			return &charge.Error{Kind: charge.KindLocked, Op: "listen for " + o.Dir, Reason: "another listener has this folder"}
		})
	}
	if err == nil {
		l.journal, err = openJournal(l.folder, time.Now(), l.took)
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Close gives the folder back.
func (l *Listener) Close() {
	disk.Release(l.lock)
	_ = l.folder.Close()
}

// Serve answers requests, writes files and catches up until ctx ends, and says then how it did (charge.Ended), or until a
// listener fails. What was accepted and is not written is left to the next start.
func (l *Listener) Serve(ctx context.Context, listeners []net.Listener) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	lasting, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var work, journal sync.WaitGroup
	earlier := l.earlier()
	l.start(&journal, func() { l.journal.run(lasting) })
	l.start(&work, func() { l.queue(ctx, earlier) })
	l.start(&work, func() { l.catchUp(ctx) })

	server := l.server(lasting)
	places := make(chan struct{}, maxConns)
	for _, listener := range listeners {
		l.start(&work, func() {
			if err := server.Serve(&door{listener, places, ctx.Done(), l.options.TLS, l.refusals.say}); !errors.Is(err, http.ErrServerClosed) {
				stop(charge.Errorf(charge.KindInternal, "listening on %s ended: %w", listener.Addr(), err))
			}
		})
	}
	<-ctx.Done()
	soon, cancel := context.WithTimeout(lasting, farewell)
	defer cancel()
	if server.Shutdown(soon) != nil {
		_ = server.Close()
	}
	work.Wait()
	end()
	journal.Wait()
	return charge.Ended(ctx)
}

func (l *Listener) start(group *sync.WaitGroup, f func()) {
	group.Go(func() {
		if l.service.Guard != nil {
			defer l.service.Guard()
		}
		f()
	})
}
