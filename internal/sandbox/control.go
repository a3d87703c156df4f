package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// controlPath is where scripts look into a sandbox and move its clock. It is beside /v1, on the API's port: no base URL,
// page URL or id of the contract leads there, and a request that carries a key, as every one of a client does, is
// refused. No fault stands before it, and the log does not have it.
const controlPath = "/_sandbox/"

// Control is the handler of these paths.
func (s *Sandbox) control(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || r.Header.Get("Origin") != "" {
		say(w, http.StatusBadRequest, members{"object": "sandbox", "error": "these are controls of a chargectl sandbox and no part of the Charge API: " +
			"they take no key, and nothing from a web page"})
		return
	}
	switch name := strings.TrimPrefix(r.URL.Path, controlPath); r.Method + " " + name {
	case "GET ":
		say(w, http.StatusOK, members{"object": "sandbox", "about": "controls of a chargectl sandbox, no part of the Charge API", "paths": []string{
			"GET /_sandbox/clock", "POST /_sandbox/clock with a duration such as 24h", "GET /_sandbox/reports", "GET /_sandbox/reports?sha256=1", "GET /_sandbox/requests?limit=1000",
		}})
	case "GET clock":
		s.sayClock(w)
	case "POST clock":
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxKey))
		by, err := charge.ParseDuration(strings.TrimSpace(string(body)))
		if err != nil || by < 0 {
			say(w, http.StatusBadRequest, members{"object": "sandbox", "error": "the body must be how far the clock is to go forward, such as 24h or 7d"})
			return
		}
		if err := s.Forward(by); err != nil {
			say(w, http.StatusInternalServerError, members{"object": "sandbox", "error": "the state cannot be written: " + err.Error()})
			return
		}
		s.sayClock(w)
	case "GET requests":
		limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
		if err != nil || limit < 0 {
			limit = kept
		}
		newest, total, faults := s.trace.last(limit)
		say(w, http.StatusOK, struct {
			Object string         `json:"object"`
			Total  int64          `json:"total"`
			Faults map[string]int `json:"faults"`
			Data   []exchange     `json:"data"` // the newest, oldest first
		}{"sandbox.requests", total, faults, newest})
	case "GET reports":
		s.sayReports(w, r.URL.Query().Has("sha256"))
	default:
		say(w, http.StatusNotFound, members{"object": "sandbox", "error": "no such control; see GET " + controlPath})
	}
}

func say(w http.ResponseWriter, status int, object any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(encode(object))
}

// Forward moves the sandbox's clock: reports, idempotency keys and the Date header get older by as much, and events
// that are due are sent. The error is of Options.Save.
func (s *Sandbox) Forward(by time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead.Add(int64(by))
	close(s.moved)
	s.moved = make(chan struct{})
	return s.keep()
}

func (s *Sandbox) sayClock(w http.ResponseWriter) {
	say(w, http.StatusOK, members{"object": "sandbox.clock", "now": formatInstant(s.now()), "forward": time.Duration(s.ahead.Load()).String()})
}

// reportState is a report as a script sees it that has to know what is true.
type reportState struct {
	ID             string `json:"id"`
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Fleet          string `json:"fleet,omitempty"`
	PeriodStart    string `json:"period_start"`
	PeriodEnd      string `json:"period_end"`
	Created        string `json:"created"`
	Status         string `json:"status"`
	Ends           string `json:"ends"` // the status that it ends with
	Restated       int64  `json:"restated,omitempty"`
	Bytes          int64  `json:"bytes,omitempty"`
	SHA256         string `json:"sha256,omitempty"`
}

// sayReports sends all reports, oldest first, one by one: there may be very many.
func (s *Sandbox) sayReports(w http.ResponseWriter, sums bool) {
	s.mu.Lock()
	all, now := s.reports[:len(s.reports):len(s.reports)], s.now()
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	between := `{"object":"sandbox.reports","data":[`
	for _, r := range all {
		state := reportState{
			ID: r.id, IdempotencyKey: hidden(r.key), Fleet: r.fleet, PeriodStart: formatInstant(r.start), PeriodEnd: formatInstant(r.end),
			Created: formatInstant(r.created), Status: r.status(now), Ends: r.ends, Restated: r.version,
		}
		if sums && state.Status == succeeded {
			sum := sha256.New()
			state.Bytes, _ = io.Copy(sum, s.open(r))
			state.SHA256 = hex.EncodeToString(sum.Sum(nil))
		}
		if _, err := io.WriteString(w, between+"\n"+strings.TrimSuffix(string(encode(state)), "\n")); err != nil {
			return
		}
		between = ","
	}
	if len(all) == 0 {
		_, _ = io.WriteString(w, between)
	}
	_, _ = io.WriteString(w, "]}\n")
}
