package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// sharedRand are random numbers for several goroutines.
type sharedRand struct {
	mu   sync.Mutex
	rand *rand.Rand
}

func newSharedRand(seed uint64) *sharedRand { return &sharedRand{rand: rand.New(rand.NewPCG(seed, 1))} }

func (d *sharedRand) hit(percent int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rand.IntN(100) < percent
}

func (d *sharedRand) between(low, high time.Duration) time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return low + time.Duration(d.rand.Int64N(int64(high-low)))
}

// badNetwork is a network with bad days: all takes time, answers get lost after the server has done its work, and now and
// then everybody is asked to wait for minutes.
type badNetwork struct {
	next  http.RoundTripper
	dice  *sharedRand
	files string // the file host, whose bodies come in pieces

	mu    sync.Mutex
	storm time.Time // until when all is answered with 429
	lost  int
	waves int
}

// RoundTrip fails as a connection would.
func (w *badNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := w.travel(r.Context()); err != nil {
		return nil, err
	}
	if w.stormy() {
		return tooMany(r), nil
	}
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if w.dice.hit(4) {
		_ = resp.Body.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.lost++
		return nil, errors.New("connection reset by peer")
	}
	if r.URL.Host == w.files {
		resp.Body = pieces{resp.Body, r.Context(), w}
	}
	return resp, w.travel(r.Context())
}

func (w *badNetwork) travel(ctx context.Context) error {
	timer := time.NewTimer(w.dice.between(10*time.Millisecond, 500*time.Millisecond))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stormy starts a storm in one of some hundred requests; it lasts up to two minutes.
func (w *badNetwork) stormy() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().Before(w.storm) {
		return true
	}
	if w.dice.hit(1) && w.dice.hit(40) {
		w.waves++
		w.storm = time.Now().Add(w.dice.between(time.Second, 2*time.Minute))
	}
	return false
}

func tooMany(r *http.Request) *http.Response {
	const body = `{"object":"error","type":"rate_limit_error","code":"rate_limit_exceeded","message":"too many requests","param":null,"request":"req_0","status":429,"doc_url":null}`
	return &http.Response{
		StatusCode: http.StatusTooManyRequests, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Retry-After": {strconv.Itoa(7)}},
		Body:   io.NopCloser(bytes.NewReader([]byte(body))),
	}
}

// pieces is a body that takes its time, so that a run may end in the middle of a file.
type pieces struct {
	io.ReadCloser
	ctx     context.Context
	network *badNetwork
}

func (p pieces) Read(b []byte) (int, error) {
	if err := p.network.travel(p.ctx); err != nil {
		return 0, err
	}
	return p.ReadCloser.Read(b[:min(len(b), 200)])
}
