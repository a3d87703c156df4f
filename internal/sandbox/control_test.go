package sandbox_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

const controls = "https://api.chargeapi.co/_sandbox/"

// TestClockMoves: what is a day older after a day is so after the clock has been moved by one, keys and Date included.
func TestClockMoves(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{GenerationTime: time.Hour})
	id := b.create(april(""), "Idempotency-Key", "k")
	b.same("0s", b.get(controls+"clock").ok(t).text("forward"))
	moved := b.do("POST", controls+"clock", "59m\n").ok(t)
	b.same([]string{"59m0s", "2026-05-01T06:59:00.000Z"}, []string{moved.text("forward"), moved.text("now")})
	b.same([]any{"processing"}, b.states(id))
	b.same(id, b.create(april(""), "Idempotency-Key", "k"))
	b.do("POST", controls+"clock", "1m").ok(t)
	b.same([]any{"succeeded"}, b.states(id))
	b.do("POST", controls+"clock", "1d").ok(t)
	if again := b.create(april(""), "Idempotency-Key", "k"); again == id {
		t.Error("a key is remembered for more than 24 hours")
	}
	b.same(b.clock.Now().Add(25*time.Hour).Format(http.TimeFormat), b.get(base+"/fleets").header.Get("Date"))
	for _, bad := range []string{"", "yesterday", "-1h", "24"} {
		b.same(400, b.do("POST", controls+"clock", bad).status)
	}
}

// TestClockMovesEvents: an event that is due after the move is sent, without anybody's waiting.
func TestClockMovesEvents(t *testing.T) {
	inBubble(t, sandbox.Options{GenerationTime: 1000 * time.Hour}, func(b *sandboxTest, l *listener) {
		b.register(endpointAt(local))
		b.create(april(""))
		time.Sleep(time.Hour)
		b.same(0, len(l.deliveries()))
		if err := b.Forward(1000 * time.Hour); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Second)
		b.same(1, len(l.deliveries()))
	})
}

// TestControlsAreNoPartOfTheAPI: what carries a key, as every request of a client does, or comes from a web page is
// refused, and what is under /v1 leads to no control.
func TestControlsAreNoPartOfTheAPI(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	b.same("controls of a chargectl sandbox, no part of the Charge API", b.get(controls).ok(t).text("about"))
	for _, header := range []string{"Authorization", "Origin"} {
		a := b.do("POST", controls+"clock", "24h", header, "Bearer "+key)
		b.same([]any{400, true}, []any{a.status, strings.Contains(a.body, "no part of the Charge API")})
	}
	b.same("0s", b.get(controls+"clock").ok(t).text("forward"))
	b.same([]int{404, 404, 404}, []int{
		b.get(base + "/_sandbox/clock").status, b.get(base + "/../_sandbox/clock").status, b.get(controls + "nothing").status,
	})
	b.same(float64(2), b.get(controls + "requests").ok(t)["total"]) // of the API; the controls are not in it
}

// TestRequestsAreSeen: each request, how it was answered, and the fault that hit it; of a key only its kind.
func TestRequestsAreSeen(t *testing.T) {
	const leaked = "ch_sk_test_abc123abc123"
	var log bytes.Buffer
	b := newSandboxTest(t, sandbox.Options{Log: &log}, "late=1", "cut=1")
	id := b.create(april(""), "Idempotency-Key", "mine, not "+leaked)
	b.get(base + "/reports/" + id)
	b.clock.forward(time.Minute)
	link := b.report(id).text("url")
	b.get(link, "Range", "bytes=10-")
	b.get(base+"/fleets/"+leaked, "Authorization", "Bearer ch_sk_live_abc123abc123")
	seen := b.get(controls + "requests").ok(t)
	b.same(map[string]any{"late": 1.0, "cut": 1.0}, seen["faults"])
	var got []string
	for _, e := range seen.rows() {
		got = append(got, strings.TrimSpace(strings.Join([]string{
			e.text("host"), e.text("method"), strings.ReplaceAll(e.text("url"), id, "ID"), e.text("key"), e.text("fault"), e.text("range"),
		}, " ")))
	}
	b.same([]string{
		"api POST /v1/reports ch_sk_test_…", "api GET /v1/reports/ID ch_sk_test_… late", "api GET /v1/reports/ID ch_sk_test_…",
		"files GET /reports/ID.csv  cut bytes=10-", "api GET /v1/fleets/[API key] ch_sk_live_…",
	}, got)
	b.same([]any{200.0, 404.0, 200.0, 206.0, 401.0, true}, []any{
		seen.rows()[0]["status"], seen.rows()[1]["status"], seen.rows()[2]["status"], seen.rows()[3]["status"], seen.rows()[4]["status"], seen.rows()[3]["cut"],
	})
	b.same(1, len(b.get(controls+"requests?limit=1").ok(t).rows()))
	lines := strings.Split(strings.TrimSpace(log.String()), "\n")
	b.same(5, len(lines))
	for _, line := range lines {
		if !json.Valid([]byte(line)) || strings.Contains(line, "abc123") {
			t.Errorf("the log has %s", line)
		}
	}
}

func TestReportsAreSeen(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{}, "fails=1")
	b.same(0, len(b.get(controls+"reports").ok(t).rows()))
	b.create(april(""), "Idempotency-Key", "k")
	r := b.finished(april(b.fleet(0)))
	rows := b.get(controls + "reports?sha256=1").ok(t).rows()
	file, _ := b.File(r.text("id"))
	sum := sha256.Sum256(file)
	b.same([]any{"failed", "k", "", "succeeded", b.fleet(0), hex.EncodeToString(sum[:]), float64(len(file))}, []any{
		rows[0]["status"], rows[0]["idempotency_key"], rows[0].text("sha256"), rows[1]["status"], rows[1]["fleet"], rows[1]["sha256"], rows[1]["bytes"],
	})
}

// restarted is a sandbox on sockets that goes on from a state.
func restarted(t *testing.T, o sandbox.Options) *sandbox.Server {
	t.Helper()
	s, err := sandbox.Start(t.Context(), o, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// TestStateSurvives: reports, keys, endpoints and the moved clock are there again, and nothing that was sent as a key.
func TestStateSurvives(t *testing.T) {
	var state []byte
	now := newClock()
	options := func() sandbox.Options {
		return sandbox.Options{
			Vehicles: 5, Ready: 2, GenerationTime: time.Minute, Clock: now.Now, State: state,
			Save: func(data []byte) error { state = bytes.Clone(data); return nil },
		}
	}
	ask := func(s *sandbox.Server, method, path, body string) object {
		t.Helper()
		r, err := http.NewRequestWithContext(context.Background(), method, strings.TrimSuffix(s.BaseURL, "/v1")+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path, "/v1") {
			r.Header.Set("Authorization", "Bearer "+key)
			r.Header.Set("Idempotency-Key", "k of "+path)
			r.Header.Set("Content-Type", "application/json")
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var o object
		if err := json.NewDecoder(resp.Body).Decode(&o); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, resp.StatusCode, err)
		}
		return o
	}
	first := restarted(t, options())
	made := ask(first, "POST", "/v1/reports", april(""))
	hook := ask(first, "POST", "/v1/webhook_endpoints", endpointAt(local))
	ask(first, "POST", "/_sandbox/clock", "2h")
	_ = first.Close()
	if bytes.Contains(state, []byte(key)) {
		t.Errorf("the state has the key: %s", state)
	}
	second := restarted(t, options())
	again := ask(second, "POST", "/v1/reports", april(""))
	if again.text("id") != made.text("id") || again.text("created") != made.text("created") {
		t.Errorf("%v, then %v", made, again)
	}
	if got := ask(second, "GET", "/v1/reports/"+made.text("id"), ""); got["status"] != "succeeded" || len(ask(second, "GET", "/v1/reports", "").rows()) != 3 {
		t.Errorf("two hours later the report is %v", got["status"])
	}
	if got := ask(second, "GET", "/v1/webhook_endpoints/"+hook.text("id"), ""); got.text("secret") != hook.text("secret") {
		t.Errorf("%v, then %v", hook, got)
	}
	other := ask(second, "POST", "/v1/reports?another", april(""))
	_ = second.Close()
	if other.text("id") == made.text("id") {
		t.Error("another report has the id of the first")
	}
	for _, broken := range []string{"", "{}", `{"sandbox":1}`, string(state[:len(state)/2])} {
		o := options()
		o.State = []byte(broken)
		if _, err := sandbox.Start(t.Context(), o, "127.0.0.1:0", "127.0.0.1:0"); err == nil || !strings.Contains(err.Error(), "cannot be taken over") {
			t.Errorf("%q: %v", broken, err)
		}
	}
}

// TestStateThatCannotBeKept: a write is not answered as done that would be forgotten; its repetition is the same report.
func TestStateThatCannotBeKept(t *testing.T) {
	full := true
	b := newSandboxTest(t, sandbox.Options{Save: func([]byte) error {
		if full {
			return errors.New("disk full")
		}
		return nil
	}})
	b.same(500, b.do("POST", base+"/reports", april(""), "Idempotency-Key", "k").status)
	full = false
	b.create(april(""), "Idempotency-Key", "k")
	b.same(1, b.reports())
}
