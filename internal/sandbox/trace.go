package sandbox

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// kept is how many exchanges the sandbox remembers: the newest.
const kept = 10_000

// exchange is a request and how it was answered, for scripts and for the log. No key is in it: of the one that came it
// says only which kind it was.
type exchange struct {
	N              int64   `json:"n"` // from 1
	Time           string  `json:"time"`
	Host           string  `json:"host"` // api or files
	Method         string  `json:"method"`
	URL            string  `json:"url"`    // path and query
	Status         int     `json:"status"` // 0 where no answer began
	Bytes          int64   `json:"bytes"`  // of the body
	Cut            bool    `json:"cut,omitempty"`
	Key            string  `json:"key,omitempty"`
	IdempotencyKey string  `json:"idempotency_key,omitempty"`
	Range          string  `json:"range,omitempty"`
	Request        string  `json:"request,omitempty"`
	Fault          string  `json:"fault,omitempty"` // empty where none had a hand in it
	TookMS         float64 `json:"took_ms"`
}

// trace remembers exchanges, counts the faults that hit them, and writes each to the log.
type trace struct {
	mu     sync.Mutex // guards everything below
	log    io.Writer  // nil for none
	total  int64
	newest []exchange // a ring once it is full
	faults map[string]int
}

// exchangeKey is where a request's context has its exchange.
type exchangeKey struct{}

// note says that a fault has hit a request. Where several do, it is the one that took the answer's place last.
func note(r *http.Request, fault string) {
	if e, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		e.Fault = fault
	}
}

// traced serves a request and keeps what became of it, also where the handler cuts the connection.
func (s *Sandbox) traced(host string, h http.Handler, w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	e := &exchange{
		Time: formatInstant(s.now()), Host: host, Method: r.Method, URL: hidden(r.URL.RequestURI()), Key: kindOfKey(r.Header.Get("Authorization")),
		IdempotencyKey: hidden(r.Header.Get("Idempotency-Key")), Range: hidden(r.Header.Get("Range")), Cut: true,
	}
	watched := &watchedWriter{ResponseWriter: w, e: e}
	defer func() {
		e.Request = w.Header().Get("Request-Id")
		e.TookMS = float64(time.Since(began).Microseconds()) / 1000
		s.trace.add(e)
	}()
	h.ServeHTTP(watched, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e)))
	e.Cut = false
	if e.Status == 0 {
		e.Status = http.StatusOK
	}
}

// hidden is a text without what has the shape of a key.
func hidden(text string) string {
	if strings.Contains(strings.ToLower(text), "ch_") {
		return charge.HideKeys(text)
	}
	return text
}

// kindOfKey says which key came with a request, and nothing of it.
func kindOfKey(authorization string) string {
	for _, kind := range []string{"ch_sk_test_", "ch_sk_live_"} {
		if strings.Contains(authorization, kind) {
			return kind + "…"
		}
	}
	if authorization != "" {
		return "unknown"
	}
	return ""
}

func (t *trace) add(e *exchange) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total++
	e.N = t.total
	if e.Fault != "" {
		t.faults[e.Fault]++
	}
	if len(t.newest) < kept {
		t.newest = append(t.newest, *e)
	} else {
		t.newest[(e.N-1)%kept] = *e
	}
	if t.log != nil {
		_, _ = t.log.Write(encode(e)) // a log that cannot be written stops no rehearsal
	}
}

// count counts what a fault did that was no answer to a request.
func (t *trace) count(fault string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults[fault]++
}

// last returns the newest n exchanges, oldest first, how many there have been, and how many each fault has hit.
func (t *trace) last(n int) (newest []exchange, total int64, faults map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n = min(n, len(t.newest))
	newest = make([]exchange, 0, n)
	for i := t.total - int64(n); i < t.total; i++ {
		newest = append(newest, t.newest[i%kept])
	}
	return newest, t.total, maps.Clone(t.faults)
}

// Struck returns how many requests and events each fault has hit, by its name; what chaos did has a second word.
func (s *Sandbox) Struck() map[string]int {
	_, _, faults := s.trace.last(0)
	return faults
}

// watchedWriter sees how an answer begins and how long it is.
type watchedWriter struct {
	http.ResponseWriter

	e *exchange
}

func (w *watchedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *watchedWriter) WriteHeader(status int) {
	if w.e.Status == 0 && status >= http.StatusOK {
		w.e.Status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *watchedWriter) Write(p []byte) (int, error) {
	if w.e.Status == 0 {
		w.e.Status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(p)
	w.e.Bytes += int64(n)
	return n, err
}
