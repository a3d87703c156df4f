package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"syscall"
	"time"
)

// contractVersion is the one that docs/api describes, and what an account gets that asks for none.
const contractVersion = "2026-03-01"

// reportSucceeded is the only type of event that the sandbox sends.
const reportSucceeded = "report.succeeded"

// How events are sent. How long the real API waits, and how often it tries, is not documented.
const (
	firstPause   = time.Second // before a message is sent again; it doubles up to longestPause
	longestPause = time.Minute
	answerTime   = 10 * time.Second // for one request
	maxUnderWay  = 8                // requests to one endpoint at once
)

// message is an event on its way to one endpoint.
type message struct {
	to          *endpoint
	url, secret string // of the endpoint
	event       eventObject
	report      reportObject // what data.object is made from
	n           int          // of the report, from 1
}

// watchAll watches every report that has yet to end; the sandbox is locked.
func (s *Sandbox) watchAll(now time.Time) {
	for _, r := range s.reports {
		if now.Before(r.ended()) {
			s.watch(r)
		}
	}
}

// watch sends the event of a report once it has succeeded; the sandbox is locked.
func (s *Sandbox) watch(r *report) {
	if r.ends != succeeded || s.ctx.Err() != nil {
		return
	}
	s.sends.Go(func() {
		if !s.pauseUntil(r.ended()) {
			return
		}
		for _, m := range s.messages(r) {
			s.sends.Go(func() { s.deliver(m) })
		}
	})
}

// messages are the event of a report that has succeeded, for each endpoint that wants it.
func (s *Sandbox) messages(r *report) (all []message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.endpoints {
		if !e.wants(reportSucceeded) {
			continue
		}
		m := message{to: e, url: e.URL, secret: e.Secret, n: r.n, report: s.view(r, call{now: s.now()}), event: eventObject{
			ID: newID(s.seed, "evt_", r.n), Object: "event", APIVersion: s.version, Created: formatInstant(r.ended()),
			Data:    eventData{PreviousAttributes: members{"status": processing}},
			Request: eventRequest{r.request, orNull(r.key)}, Type: reportSucceeded,
		}}
		if e.APIVersion != nil {
			m.event.APIVersion = *e.APIVersion
		}
		all = append(all, m)
	}
	for i := range all {
		all[i].event.PendingWebhooks = len(all)
	}
	return all
}

// wants tells whether an endpoint is to be sent events of a type; the sandbox is locked.
func (e *endpoint) wants(kind string) bool {
	return e.Status == enabled && slices.Contains(e.EnabledEvents, kind)
}

// sendUntilAccepted sends a message as long as it takes, the endpoint wants it and the sandbox is open.
func (s *Sandbox) sendUntilAccepted(m message) {
	stillWanted := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return m.to.wants(m.event.Type)
	}
	for wait := firstPause; stillWanted() && !s.post(m, 0); wait = min(2*wait, longestPause) {
		if !s.pause(wait) {
			return
		}
	}
}

// post sends a message once, with a signature that is as old as age, and tells whether it was accepted. A redirect is
// no acceptance and is not followed.
func (s *Sandbox) post(m message, age time.Duration) (accepted bool) {
	select {
	case m.to.slots <- struct{}{}:
		defer func() { <-m.to.slots }()
	case <-s.ctx.Done():
		return false
	}
	ctx, cancel := context.WithTimeout(s.ctx, answerTime)
	defer cancel()
	m.event.Data.Object = s.shaped(m.event.APIVersion, m.report)
	body := encode(m.event)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Charge-Signature", signature(m.secret, s.now().Add(-age), body))
	resp, err := s.events.RoundTrip(r)
	if err != nil {
		return false
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxBody) // so that the connection can be used again
	_ = resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return true
	}
	return false
}

// signature is the header Charge-Signature. What is signed is an assumption (charge-api.md, Webhooks).
func signature(secret string, at time.Time, body []byte) string {
	t := formatInstant(at)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// loopbackOnly is HTTP to this machine, whatever names resolve to. Nobody signs certificates for loopback, so none is
// verified.
func loopbackOnly() *http.Transport {
	dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(address); err != nil || !isLoopback(host) {
			return fmt.Errorf("the sandbox sends nothing beyond this machine, and %s is not on it", address)
		}
		return nil
	}}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		MaxIdleConnsPerHost: maxUnderWay,
	}
}

// pauseUntil is pause up to an instant of the sandbox's clock, whoever moves it.
func (s *Sandbox) pauseUntil(t time.Time) bool {
	for {
		s.mu.Lock()
		moved := s.moved
		s.mu.Unlock()
		left := t.Sub(s.now())
		if left <= 0 {
			return true
		}
		select {
		case <-time.After(left):
		case <-moved:
		case <-s.ctx.Done():
			return false
		}
	}
}

// pause waits, and tells whether it has: the end of the sandbox ends it early.
func (s *Sandbox) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.ctx.Done():
		return false
	}
}
