// Package sandbox is a Charge API on this machine: the contract of docs/api as http.Handlers, in memory, with faults on
// request. It is for trying chargectl without an account and for testing it against what networks and servers do.
//
// It is not a client and shares no type with one: its wire structs are its own reading of the contract, so that a
// mistake in the client's reading shows. It keeps nothing between runs but what Options.Save takes, holds no file's bytes
// (they follow from the seed and the report, and are made anew for each request), and is no place for real keys or data.
// What the contract does not have it answers with 404, but for the controls of controlPath, which no client asks for.
//
// It does one thing by itself: once a report has succeeded, whether or not anybody asks, it sends the event to the
// webhook endpoints of this machine that want it, again and again until each has accepted it. Close ends that.
//
// A fault is a row of kinds(). It either stands around one of the seams (the API, the file host, the delivery of events)
// or changes one of the figures that the honest code goes by. A scenario is a row of Scenarios(): faults, and how
// commands end in them.
//
// Package inproc reaches it without a network, package contracttest holds it and its clients to docs/api/openapi.yaml.
package sandbox

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options describe a sandbox. The zero value is a complete one.
type Options struct {
	Seed              uint64           // everything that looks random follows from it
	Vehicles          int              // per fleet; 0 or less is 200
	Fleets            int              // 0 or less is 3
	GenerationTime    time.Duration    // from creation to the end; 0 or less is 3 s. The first third is pending, the rest processing
	LongestGeneration time.Duration    // where it is more than GenerationTime, a report takes something between the two
	Faults            []Fault          // what goes wrong
	Ready             int              // reports that are there from the start, and ready
	Size              int64            // bytes of each file, as many whole rows as fit; 0 or less is a row for each vehicle
	MaxOpen           int              // reports pending or processing at once before a create answers 429; 0 or less is 100
	Clock             func() time.Time // nil is time.Now; the age of reports, of keys and the Date header follow it; pauses are real

	// Events takes events to their endpoints. nil is HTTP that reaches loopback alone, takes any certificate and goes
	// through no proxy.
	Events http.RoundTripper

	// Log takes each request and its answer as a line of JSON. nil is none.
	Log io.Writer

	// State is what Save was given last by a sandbox of an earlier run, nil for none: Start goes on from there. Save is
	// called before a write is answered. nil keeps nothing. It must not call the sandbox.
	State []byte
	Save  func(state []byte) error

	// Fate decides about the n-th report, counted from 1, when it is created: how long it takes and whether it fails.
	// nil gives every report GenerationTime and success. It must not call the sandbox.
	Fate func(n int) (takes time.Duration, fails bool)

	// Restated tells how often the figures of a fleet's period had changed when a report of it was created. nil is never. It
	// must not call the sandbox.
	Restated func(fleet string, start, created time.Time) int64
}

// Sandbox is a Charge API in memory. It is safe for concurrent use.
type Sandbox struct {
	seed    uint64
	maxOpen int
	account string
	fleets  []fleet
	clock   func() time.Time
	fate    func(n int) (takes time.Duration, fails bool)
	changes func(fleet string, start, created time.Time) int64
	events  http.RoundTripper
	save    func(state []byte) error
	from    origin
	known   map[string]operation
	trace   trace
	seams
	figures

	installing string // the fault that is being put in, while the sandbox is made

	requests, leaked, fileAnswers atomic.Int64
	ahead                         atomic.Int64 // how far the clock was moved, in nanoseconds

	ctx    context.Context // done when the sandbox is closed
	cancel context.CancelFunc
	sends  sync.WaitGroup // what goes on by itself

	mu         sync.Mutex // guards everything below
	baseURL    string
	filesURL   string
	reports    []*report // oldest first
	byID       map[string]*report
	unfinished []*report            // those that were not over when somebody looked last
	moved      chan struct{}        // closed when the clock is moved, and replaced
	endpoints  []*endpoint          // oldest first
	ledger     map[string]outcome   // by idempotency key
	firstAsked map[string]time.Time // by fleet and parameters, where figures change
	pages      map[string]cursor    // by token
}

// seams are where faults stand in the way. They do not change once the sandbox is made.
type seams struct {
	answer     func(r *http.Request, requestID string) (any, *refusal) // the API, before its answer is written
	api, files http.Handler
	deliver    func(message)           // sees to it that an event arrives, and returns when it has
	link       func(url string) string // what is handed out for a file's URL
}

// figures are what the contract leaves open, or servers do otherwise. They do not change once the sandbox is made.
type figures struct {
	behind       time.Duration // how far the clock is behind Options.Clock
	keyLife      time.Duration // how long an idempotency key is remembered
	version      string        // of who does not name one
	oldShapes    bool          // whether versions before newShape have shapes of their own
	slow         int           // generation takes that many times as long; 0 is once
	stuck        int           // the first reports so many never end
	fails        int           // the first reports so many fail
	gone         int           // the first reports so many are deleted once they have ended
	filesGone    int           // the files of the first reports so many are gone
	defaults     bool          // whether the server fills in what was not sent
	firstOutcome bool          // whether another body under a known key gets the first one's answer
	expanded     bool          // whether all is expanded that can be
	noRange      bool          // whether the file host knows neither ranges nor validators
	wrongSize    bool          // whether files are a byte short
	emptyCSV     bool          // whether files have no rows
	etagMoves    bool          // whether each answer of the file host has a validator of its own
	newStatus    bool          // whether reports have statuses that nobody knows
	restate      time.Duration // how long the figures of a period stay the same; 0 is for ever
}

// New makes a sandbox, without reports but for those of Options.Ready. Options.State is for Start.
func New(o Options) *Sandbox {
	o.Vehicles = cmp.Or(max(o.Vehicles, 0), 200)
	o.Fleets = cmp.Or(max(o.Fleets, 0), 3)
	takes := cmp.Or(max(o.GenerationTime, 0), 3*time.Second)
	s := &Sandbox{
		seed: o.Seed, account: newID(o.Seed, "acct_", 1), fleets: newFleets(o), maxOpen: cmp.Or(max(o.MaxOpen, 0), 100),
		clock: o.Clock, fate: o.Fate, changes: o.Restated, events: o.Events, save: o.Save, trace: trace{log: o.Log, faults: map[string]int{}},
		from: origin{o.Seed, o.Vehicles, o.Fleets, max(o.Ready, 0), max(o.Size, 0)}, moved: make(chan struct{}),
		// Until somebody moves it, it is where the real API is (charge-api.md, Transport and Reports).
		baseURL: "https://api.chargeapi.co/v1", filesURL: "https://files.chargeapi.co",
		byID: map[string]*report{}, ledger: map[string]outcome{}, firstAsked: map[string]time.Time{}, pages: map[string]cursor{},
		figures: figures{keyLife: 24 * time.Hour, version: contractVersion},
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.fate == nil {
		s.fate = func(n int) (time.Duration, bool) {
			if o.LongestGeneration <= takes {
				return takes, false
			}
			return takes + time.Duration(random(digest(o.Seed, "generation time", n)).Int64N(int64(o.LongestGeneration-takes)+1)), false
		}
	}
	if s.events == nil {
		s.events = loopbackOnly()
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.seams = seams{
		answer: s.answerHonestly, api: http.HandlerFunc(s.serveAPI), files: http.HandlerFunc(s.serveFile),
		deliver: s.sendUntilAccepted, link: func(url string) string { return url },
	}
	s.known = s.operations()
	for _, fault := range o.Faults {
		fault.install(s)
	}
	s.addReady(s.from.Ready)
	return s
}

// now is the time by the sandbox's one clock.
func (s *Sandbox) now() time.Time { return s.clock().Add(time.Duration(s.ahead.Load()) - s.behind) }

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
	s.baseURL, s.filesURL = strings.TrimSuffix(api, "/"), strings.TrimSuffix(files, "/")
}

// Origins returns what SetOrigins set last; until then it is where the real API and its file host are.
func (s *Sandbox) Origins() (api, files string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL, s.filesURL
}

// API returns the handler of everything under /v1, and of the controls beside it.
func (s *Sandbox) API() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.setDate(w)
		if strings.HasPrefix(r.URL.Path, controlPath) {
			s.control(w, r)
			return
		}
		s.traced("api", s.api, w, r)
	})
}

// Files returns the handler of the file host, which knows /reports/rpt_….csv and asks for no key.
func (s *Sandbox) Files() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			s.leaked.Add(1)
		}
		s.setDate(w)
		s.traced("files", s.files, w, r)
	})
}

// setDate makes the Date header follow the sandbox's clock, not the machine's.
func (s *Sandbox) setDate(w http.ResponseWriter) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
}

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
	file, err := io.ReadAll(s.open(r))
	return file, err == nil
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
