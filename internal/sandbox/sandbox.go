// Package sandbox is a Charge API on this machine: the contract of docs/api as http.Handlers, in memory, with faults on
// request. It is for trying chargectl without an account and for testing it against what networks and servers do.
//
// It is not a client and shares no type with one: its wire structs are its own reading of the contract, so that a
// mistake in the client's reading shows. It keeps nothing between runs, holds no file's bytes (they follow from the
// seed and the report, and are made anew for each request), and is no place for real keys or data. What the contract
// does not have it answers with 404.
//
// It does one thing by itself: once a report has succeeded, whether or not anybody asks, it sends the event to the
// webhook endpoints of this machine that want it, again and again until each has accepted it. Close ends that.
//
// Package inproc reaches it without a network, package contracttest holds it and its clients to docs/api/openapi.yaml.
package sandbox

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// The origins of a sandbox nobody has moved: those of the real API (charge-api.md, Transport and Reports).
const (
	defaultAPI   = "https://api.chargeapi.co/v1"
	defaultFiles = "https://files.chargeapi.co"
)

// Options describe a sandbox. The zero value is a complete one.
type Options struct {
	Seed           uint64           // everything that looks random follows from it
	Vehicles       int              // per fleet; 0 or less is 200
	Fleets         int              // 0 or less is 3
	GenerationTime time.Duration    // from creation to the end; 0 or less is 3 s. The first third is pending, the rest processing
	Faults         []Fault          // what goes wrong
	MaxOpen        int              // reports pending or processing at once before a create answers 429; 0 or less is 100
	Clock          func() time.Time // nil is time.Now; the age of reports, of keys and the Date header follow it; pauses are real

	// Events takes events to their endpoints. nil is HTTP that reaches loopback alone, takes any certificate and goes
	// through no proxy.
	Events http.RoundTripper

	// Fate decides about the n-th report, counted from 1, when it is created: how long it takes and whether it fails.
	// nil gives every report GenerationTime and success. It must not call the sandbox.
	Fate func(n int) (takes time.Duration, fails bool)
}

// Sandbox is a Charge API in memory. It is safe for concurrent use.
type Sandbox struct {
	seed    uint64
	maxOpen int
	account string
	fleets  []fleet

	honest // what faults may replace while the sandbox is made

	requests, leaked atomic.Int64

	events http.RoundTripper
	ctx    context.Context // done when the sandbox is closed
	cancel context.CancelFunc
	sends  sync.WaitGroup // what goes on by itself

	mu        sync.Mutex // guards everything below
	baseURL   string
	filesURL  string
	reports   []*report // oldest first
	byID      map[string]*report
	endpoints []*endpoint        // oldest first
	ledger    map[string]outcome // by idempotency key
}

// honest is how a sandbox without faults behaves where a fault may have a say: the handlers, which faults wrap, and
// what the contract leaves open. It does not change once the sandbox is made.
type honest struct {
	api, files http.Handler
	now        func() time.Time
	fate       func(n int) (takes time.Duration, ends string)
	fill       func(a *asked)                      // what the server adds to a create
	gone       func(r *report, now time.Time) bool // whether a report has been deleted
	link       func(url string) string             // what is handed out for a file's URL
	keyLife    time.Duration                       // how long an idempotency key is remembered
	otherBody  func(first outcome) (any, *refusal) // the answer to another body under a known key
	expands    []string                            // what is expanded whether or not it was asked for
	deliver    func(context.Context, message)      // sees to it that a message arrives, and returns when it has
	version    string                              // of who does not name one
	snapshot   func(version string, object any) any
}

// New makes a sandbox without reports.
func New(o Options) *Sandbox {
	o = withDefaults(o)
	s := &Sandbox{
		seed: o.Seed, maxOpen: o.MaxOpen, account: newID(o.Seed, "acct_", 1), fleets: newFleets(o),
		baseURL: defaultAPI, filesURL: defaultFiles,
		byID: map[string]*report{}, ledger: map[string]outcome{}, events: o.Events,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.honest = honest{
		api: http.HandlerFunc(s.serveAPI), files: http.HandlerFunc(s.serveFile),
		now: o.Clock,
		fate: func(n int) (time.Duration, string) {
			if takes, fails := o.Fate(n); fails {
				return takes, failed
			} else {
				return takes, succeeded
			}
		},
		fill:      func(*asked) {},
		gone:      func(*report, time.Time) bool { return false },
		link:      func(url string) string { return url },
		keyLife:   24 * time.Hour,
		otherBody: func(outcome) (any, *refusal) { return nil, conflict("this idempotency key belongs to another request") },
		deliver:   s.sendUntilAccepted,
		version:   contractVersion,
		snapshot:  func(_ string, object any) any { return object },
	}
	for _, fault := range o.Faults {
		fault.install(s)
	}
	s.files = s.countLeaks(s.files)
	return s
}

func withDefaults(o Options) Options {
	o.Vehicles = positive(o.Vehicles, 200)
	o.Fleets = positive(o.Fleets, 3)
	o.GenerationTime = positive(o.GenerationTime, 3*time.Second)
	o.MaxOpen = positive(o.MaxOpen, 100)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Events == nil {
		o.Events = loopbackOnly()
	}
	if o.Fate == nil {
		o.Fate = func(int) (time.Duration, bool) { return o.GenerationTime, false }
	}
	return o
}

func positive[N cmp.Ordered](n, otherwise N) N {
	var zero N
	if n <= zero {
		return otherwise
	}
	return n
}

// Close ends what the sandbox does by itself and returns when it sends nothing any more. What it is asked it answers
// as before.
func (s *Sandbox) Close() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.sends.Wait()
	if pool, ok := s.events.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// SetOrigins says where the sandbox is reached: the base URL of the API, /v1 included, and the origin of the file
// host. Page URLs and links are built from them.
func (s *Sandbox) SetOrigins(api, files string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL, s.filesURL = api, files
}

// Origins returns what SetOrigins set last; until then it is where the real API and its file host are.
func (s *Sandbox) Origins() (api, files string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL, s.filesURL
}

// API returns the handler of everything under /v1.
func (s *Sandbox) API() http.Handler { return s.api }

// Files returns the handler of the file host, which knows /reports/rpt_….csv and asks for no key.
func (s *Sandbox) Files() http.Handler { return s.files }

// LeakedKeys returns how many requests with an Authorization header reached the file host. It must stay 0.
func (s *Sandbox) LeakedKeys() int { return int(s.leaked.Load()) }

// File returns the bytes of a report's file, and false as long as the report has not succeeded. Faults of the file
// host do not change them.
func (s *Sandbox) File(id string) ([]byte, bool) {
	s.mu.Lock()
	r, ok := s.byID[id]
	s.mu.Unlock()
	if !ok || r.status(s.now()) != succeeded {
		return nil, false
	}
	return s.render(r), true
}

// Creation is one report the sandbox has created.
type Creation struct {
	ID             string
	IdempotencyKey string // empty when the request had none
	Fleet          string // empty for the whole account
	PeriodStart    time.Time
	PeriodEnd      time.Time
	Created        time.Time
	Status         string // what the report ends as, whether or not it is there yet: succeeded or failed; pending when it never ends
}

// Created returns what has been created, oldest first, deleted reports too.
func (s *Sandbox) Created() []Creation {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Creation, 0, len(s.reports))
	for _, r := range s.reports {
		all = append(all, Creation{
			ID: r.id, IdempotencyKey: r.key, Fleet: r.fleet,
			PeriodStart: r.start, PeriodEnd: r.end, Created: r.created, Status: r.ends,
		})
	}
	return all
}
