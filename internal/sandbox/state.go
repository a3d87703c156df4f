package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// state is what a sandbox keeps between runs: what it has been asked for, and nothing that follows from the seed. The
// API keys that it was asked with are not in it.
type state struct {
	Sandbox   int                  `json:"sandbox"` // the form of this document
	From      origin               `json:"from"`
	Forward   time.Duration        `json:"forward_ns"`
	Requests  int64                `json:"requests"`
	Reports   []keptReport         `json:"reports"`
	Ledger    map[string]keptReply `json:"ledger"`
	Endpoints []endpointObject     `json:"endpoints"`
}

const stateForm = 1

// origin is what ids and files follow from: another one has other reports.
type origin struct {
	Seed     uint64 `json:"seed"`
	Vehicles int    `json:"vehicles"`
	Fleets   int    `json:"fleets"`
	Ready    int    `json:"reports"`
	Size     int64  `json:"size"`
}

type keptReport struct {
	Fleet      string        `json:"fleet,omitempty"`
	Parameters members       `json:"parameters"`
	Key        string        `json:"idempotency_key,omitempty"`
	Request    string        `json:"request"`
	Created    time.Time     `json:"created"`
	Takes      time.Duration `json:"takes_ns"`
	Ends       string        `json:"ends"`
	Version    int64         `json:"version,omitempty"`
}

type keptReply struct {
	At     time.Time       `json:"at"`
	Asked  []byte          `json:"asked"`
	Answer json.RawMessage `json:"answer"`
}

// keep hands the state to whoever keeps it; the sandbox is locked.
func (s *Sandbox) keep() error {
	if s.save == nil {
		return nil
	}
	kept := state{
		Sandbox: stateForm, From: s.from, Forward: time.Duration(s.ahead.Load()), Requests: s.requests.Load(), Ledger: map[string]keptReply{},
	}
	for _, r := range s.reports[s.from.Ready:] {
		kept.Reports = append(kept.Reports, keptReport{r.fleet, r.parameters, r.key, r.request, r.created, r.takes, r.ends, r.version})
	}
	for key, first := range s.ledger {
		if s.now().Sub(first.at) < s.keyLife {
			kept.Ledger[key] = keptReply{first.at, first.asked[:], encode(first.answer)}
		}
	}
	for _, e := range s.endpoints {
		kept.Endpoints = append(kept.Endpoints, e.endpointObject)
	}
	return s.save(encode(kept))
}

// restore takes over a state that keep has handed out.
func (s *Sandbox) restore(data []byte) error {
	object, ok := decode(data) // numbers keep their text
	var kept state
	if err := json.Unmarshal(data, &kept); err != nil || !ok || kept.Sandbox != stateForm {
		return errors.New("it is not what a sandbox has written")
	}
	if kept.From != s.from {
		return fmt.Errorf("it is of another sandbox: seed %d, %d vehicles, %d fleets, %d reports at start, files of %d bytes (0 for a row per vehicle)",
			kept.From.Seed, kept.From.Vehicles, kept.From.Fleets, kept.From.Ready, kept.From.Size)
	}
	exact, _ := object["reports"].([]any)
	s.ahead.Store(int64(kept.Forward))
	s.requests.Store(kept.Requests)
	for i, k := range kept.Reports {
		whole, _ := exact[i].(map[string]any)
		question := members{"parameters": whole["parameters"]}
		if k.Fleet != "" {
			question["fleet"] = k.Fleet
		}
		a, refused := s.parseCreate(encode(question))
		if refused != nil {
			return errors.New("its report " + newID(s.seed, "rpt_", len(s.reports)+1) + " cannot be: " + refused.Message)
		}
		n := len(s.reports) + 1
		r := &report{
			asked: a, n: n, id: newID(s.seed, "rpt_", n), key: k.Key, request: k.Request, created: k.Created, takes: k.Takes,
			ends: k.Ends, size: -1, version: k.Version,
		}
		if first, known := s.firstAsked[r.question()]; !known || r.created.Before(first) {
			s.firstAsked[r.question()] = r.created
		}
		s.append(r)
	}
	for key, k := range kept.Ledger {
		first := outcome{at: k.At, answer: k.Answer}
		copy(first.asked[:], k.Asked)
		s.ledger[key] = first
	}
	for _, object := range kept.Endpoints {
		s.endpoints = append(s.endpoints, &endpoint{object, make(chan struct{}, maxUnderWay)})
	}
	if len(s.endpoints) > 0 {
		s.watchAll(s.now())
	}
	return nil
}
