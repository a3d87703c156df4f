package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	headerTime = 10 * time.Second // until the headers of a request are here
	wholeTime  = 30 * time.Second // until all of it is
	idleTime   = 20 * time.Second // between two requests of a connection, which has a place meanwhile
	answerTime = 60 * time.Second // until the answer is taken, from the end of the headers on
	maxHeaders = 16 << 10
	maxBody    = 1 << 20
	tooLong    = "an event has 1 MiB at most"
	// smallBody is how much of a body every connection may hold; so many longer ones are read at a time.
	smallBody   = 64 << 10
	largeBodies = 8
	// overdue is how long an accepted event may wait before the listener is not healthy.
	overdue = time.Hour
)

// server makes the HTTP server, with the limits that the package comment tells.
func (l *Listener) server(ctx context.Context) *http.Server {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{
		Handler: http.HandlerFunc(l.answer), Protocols: protocols, BaseContext: func(net.Listener) context.Context { return ctx },
		ConnContext:       func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, guestKey{}, c) },
		ReadHeaderTimeout: headerTime, ReadTimeout: wholeTime, WriteTimeout: answerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(complaints{slog.DiscardHandler, l.troubles}, slog.LevelInfo),
	}
}

// answer takes an event at any path, and says at /healthz how it goes.
func (l *Listener) answer(w http.ResponseWriter, r *http.Request) {
	from := r.Context().Value(guestKey{}).(*guest)
	from.phase.Store(served)
	defer from.phase.Store(unheard)
	if r.URL.Path == "/healthz" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		l.health(w)
		return
	}
	status, why := l.receive(w, r)
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return
	}
	h := w.Header()
	h.Set("Connection", "close") // the rest of the body, if there is one, is not worth reading
	_ = http.NewResponseController(w).SetReadDeadline(time.Now())
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	if status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, why+"\n")
	l.refusals.say(fmt.Sprintf("refused a request from %s with %d: %s", r.RemoteAddr, status, why))
}

// receive judges a request by what is cheap first: nothing of a body is read before its headers are good. The status is 204
// where it is accepted.
func (l *Listener) receive(w http.ResponseWriter, r *http.Request) (status int, why string) {
	headers := r.Header.Values(SignatureHeader)
	switch {
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, "events are posted"
	case r.ContentLength > maxBody:
		return http.StatusRequestEntityTooLarge, tooLong
	case len(headers) != 1:
		return http.StatusUnauthorized, "an event has one " + SignatureHeader + " header"
	}
	signature, err := ParseSignature(headers[0])
	if err == nil {
		err = signature.Fresh(time.Now(), l.options.Tolerance)
	}
	if err != nil {
		return http.StatusUnauthorized, err.Error()
	}
	from := http.MaxBytesReader(w, r.Body, maxBody)
	body, err := io.ReadAll(io.LimitReader(from, smallBody))
	if len(body) == smallBody {
		select {
		case l.large <- struct{}{}:
			defer func() { <-l.large }()
		default:
			return http.StatusServiceUnavailable, "too many long events at a time"
		}
		body, err = io.ReadAll(io.MultiReader(bytes.NewReader(body), from))
	}
	switch _, over := errors.AsType[*http.MaxBytesError](err); {
	case over:
		return http.StatusRequestEntityTooLarge, tooLong
	case errors.Is(err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "the whole request takes 30 s at most"
	case err != nil:
		return http.StatusBadRequest, "the body is cut or malformed"
	}
	if _, err := signature.Match(l.keys, body); err != nil {
		return http.StatusUnauthorized, err.Error()
	}
	event, err := parseEvent(body)
	switch {
	case err != nil:
		return http.StatusBadRequest, err.Error()
	case event.report == "":
		l.others.say("an event of type " + charge.Clip(event.kind, 80) + " is none of ours: it is acknowledged and left alone")
		return http.StatusNoContent, ""
	}
	now := time.Now()
	if err := l.journal.accept(r.Context(), now, event.report); err != nil {
		return http.StatusServiceUnavailable, "the event cannot be kept now: " + err.Error()
	}
	l.lastEvent.Store(now.UnixMilli())
	return http.StatusNoContent, ""
}

// Health is what GET /healthz answers. Fields are only ever added.
type Health struct {
	OK            bool    `json:"ok" doc:"whether no accepted report has waited for over an hour; the status is 503 where one has"`
	Accepted      int64   `json:"accepted" doc:"reports taken on since the start, by an event or by catch-up"`
	Written       int64   `json:"written" doc:"files since the start, those found in place too"`
	Waiting       int     `json:"waiting" doc:"reports that are to be written, those of earlier starts too"`
	OldestWaiting float64 `json:"oldest_waiting_s" doc:"for how many seconds the first of them has waited; 0 for none"`
	LastEvent     *string `json:"last_event" doc:"when the last event was accepted since the start, or null"`
}

func (l *Listener) health(w http.ResponseWriter) {
	h := Health{OK: true, Accepted: l.accepted.Load(), Written: l.written.Load()}
	waiting, oldest := l.journal.backlog()
	if h.Waiting = waiting; waiting > 0 {
		age := max(0, time.Since(oldest))
		h.OldestWaiting, h.OK = age.Truncate(time.Millisecond).Seconds(), age <= overdue
	}
	if last := l.lastEvent.Load(); last > 0 {
		text := charge.FormatInstant(time.UnixMilli(last))
		h.LastEvent = &text
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !h.OK {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(h)
}
