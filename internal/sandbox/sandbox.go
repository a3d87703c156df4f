package sandbox

import (
	"cmp"
	"net/http"
	"sync"
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
	Clock          func() time.Time // nil is time.Now; the age of reports, of keys and the Date header follow it
	Faults         []Fault          // what goes wrong
	MaxOpen        int              // reports pending or processing at once before a create answers 429; 0 or less is 100

	// Generate gives the generation time of the n-th report, counted from 1, created under an idempotency key that
	// may be empty; nil gives every report GenerationTime. It must not call the sandbox.
	Generate func(seed uint64, n int, key string) time.Duration
}

// Sandbox is a Charge API in memory. It is safe for concurrent use.
type Sandbox struct {
	options Options
	account string
	fleets  []fleet

	// api and files are the honest handlers with the faults around them; generate, finish and link are the three
	// places inside the contract where a fault may have a say.
	api, files http.Handler
	generate   func(n int, key string) time.Duration
	finish     func(n int) string
	link       func(url string) string

	mu       sync.Mutex
	baseURL  string
	filesURL string
	requests int
	webhooks int
	leaked   int
	reports  []*report // oldest first
	ledger   map[string]outcome
	fails    func(fleet string, n int) bool
}

// New makes a sandbox without reports.
func New(o Options) *Sandbox {
	s := &Sandbox{
		options:  withDefaults(o),
		account:  newID(o.Seed, "acct_", 1),
		baseURL:  defaultAPI,
		filesURL: defaultFiles,
		ledger:   map[string]outcome{},
		fails:    func(string, int) bool { return false },
		finish:   func(int) string { return succeeded },
		link:     func(url string) string { return url },
	}
	s.fleets = newFleets(s.options)
	s.generate = func(n int, key string) time.Duration { return s.options.Generate(o.Seed, n, key) }
	s.api = http.HandlerFunc(s.serveAPI)
	s.files = http.HandlerFunc(s.serveFile)
	for _, fault := range o.Faults {
		fault.install(s)
	}
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
	if o.Generate == nil {
		o.Generate = func(uint64, int, string) time.Duration { return o.GenerationTime }
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

// SetOrigins says where the sandbox is reached: the base URL of the API, /v1 included, and the origin of the file
// host. Page URLs and links are built from them.
func (s *Sandbox) SetOrigins(api, files string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.baseURL, s.filesURL = api, files
}

// Origins returns what SetOrigins was told last; until then it is where the real API and its file host are.
func (s *Sandbox) Origins() (api, files string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.baseURL, s.filesURL
}

// API returns the handler of everything under /v1.
func (s *Sandbox) API() http.Handler { return s.api }

// Files returns the handler of the file host, which knows /reports/rpt_….csv and asks for no key.
func (s *Sandbox) Files() http.Handler { return s.files }

// Fail says which reports end as failed: those for which match is true when they are created. fleet is empty for the
// whole account, n counts created reports from 1. Reports that exist keep their fate. match must not call the sandbox.
func (s *Sandbox) Fail(match func(fleet string, n int) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = match
}

// Reports returns how many reports exist.
func (s *Sandbox) Reports() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.reports)
}

// LeakedKeys returns how many requests with an Authorization header reached the file host. It must stay 0.
func (s *Sandbox) LeakedKeys() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaked
}

// File returns the bytes of a report's file, and false as long as the report has not succeeded.
func (s *Sandbox) File(id string) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.find(id)
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

// Created returns what has been created, oldest first.
func (s *Sandbox) Created() []Creation {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Creation, 0, len(s.reports))
	for _, r := range s.reports {
		all = append(all, Creation{
			ID: r.id, IdempotencyKey: r.key, Fleet: r.fleet,
			PeriodStart: r.start, PeriodEnd: r.end, Created: r.created, Status: r.outcome,
		})
	}
	return all
}

func (s *Sandbox) now() time.Time { return s.options.Clock() }
