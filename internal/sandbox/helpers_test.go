package sandbox_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

const (
	base = "https://api.chargeapi.co/v1"
	key  = "ch_sk_test_abc123"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// sandboxTest is a sandbox with a clock and a client that has a key.
type sandboxTest struct {
	*sandbox.Sandbox

	t     *testing.T
	clock *clock
}

func newSandboxTest(t *testing.T, o sandbox.Options, faults ...string) *sandboxTest {
	t.Helper()
	c := newClock()
	if o.Clock == nil {
		o.Clock = c.Now
	}
	if o.Vehicles == 0 {
		o.Vehicles = 5
	}
	for _, text := range faults {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	return &sandboxTest{sandbox.New(o), t, c}
}

// answer is a response read to its end; err is how its body ended, nil for well.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// try sends a request in process. header holds names and values in turn.
func (b *sandboxTest) try(method, url, body string, header ...string) (answer, error) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if strings.HasPrefix(url, base) {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := inproc.Transport(b.Sandbox).RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return answer{resp.StatusCode, resp.Header, string(text), err}, nil
}

func (b *sandboxTest) do(method, url, body string, header ...string) answer {
	b.t.Helper()
	a, err := b.try(method, url, body, header...)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

func (b *sandboxTest) get(url string, header ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, url, "", header...)
}

// april is a valid body; fleet may be empty.
func april(fleet string) string {
	const parameters = `"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z"}`
	if fleet == "" {
		return "{" + parameters + "}"
	}
	return `{"fleet":"` + fleet + `",` + parameters + "}"
}

// create makes a report and returns its id.
func (b *sandboxTest) create(body string, header ...string) string {
	b.t.Helper()
	return b.do(http.MethodPost, base+"/reports", body, header...).ok(b.t).text("id")
}

// reports counts what has been created.
func (b *sandboxTest) reports() int { return len(b.Created()) }

func (b *sandboxTest) report(id string) object {
	b.t.Helper()
	return b.get(base + "/reports/" + id).ok(b.t)
}

// finished makes a report, lets it succeed, and returns it.
func (b *sandboxTest) finished(body string) object {
	b.t.Helper()
	id := b.create(body)
	b.clock.forward(time.Hour)
	r := b.report(id)
	if r["status"] != "succeeded" {
		b.t.Fatalf("the report is %v after an hour", r["status"])
	}
	return r
}

// fleet returns the id of the n-th fleet, from 0.
func (b *sandboxTest) fleet(n int) string {
	b.t.Helper()
	return b.get(base + "/fleets?limit=100").ok(b.t).rows()[n].text("id")
}

type object map[string]any

func (o object) text(name string) string {
	text, _ := o[name].(string)
	return text
}

func (o object) rows() []object {
	var rows []object
	data, _ := o["data"].([]any)
	for _, row := range data {
		fields, _ := row.(map[string]any)
		rows = append(rows, fields)
	}
	return rows
}

func (a answer) object(t *testing.T) object {
	t.Helper()
	var o object
	if err := json.Unmarshal([]byte(a.body), &o); err != nil {
		t.Fatalf("%d %q: %v", a.status, a.body, err)
	}
	return o
}

// ok returns the object of a success and fails the test otherwise.
func (a answer) ok(t *testing.T) object {
	t.Helper()
	if a.status != http.StatusOK || a.err != nil {
		t.Fatalf("%d %s (%v)", a.status, a.body, a.err)
	}
	return a.object(t)
}

func itoa(n int) string { return strconv.Itoa(n) }
