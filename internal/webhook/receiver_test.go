package webhook

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestWhatIsRefused: nothing that is not an event of ours is written down, and each says why.
func TestWhatIsRefused(t *testing.T) {
	good := told(1)
	deep := `{"type":"report.succeeded","data":` + strings.Repeat("[", maxBody/3) + strings.Repeat("]", maxBody/3) + `}`
	now := func(body string) func() string { return func() string { return signed(body, time.Now()) } }
	ago := func(d time.Duration) func() string { return func() string { return signed(good, time.Now().Add(-d)) } }
	text := func(s string) func() string { return func() string { return s } }
	for name, c := range map[string]struct {
		method, path, body string
		signature          func() string
		status             int
		why                string
	}{
		"get":                      {"GET", "/", "", text(""), 405, "events are posted"},
		"put":                      {"PUT", "/", good, now(good), 405, "events are posted"},
		"delete of healthz":        {"DELETE", "/healthz", "", text(""), 405, "events are posted"},
		"no signature":             {"POST", "/", good, text(""), 401, "one Charge-Signature header"},
		"malformed signature":      {"POST", "/", good, text("v1=00"), 401, "the header"},
		"forged":                   {"POST", "/", good, func() string { return "t=2000-01-01T00:00:00.000Z,v1=" + sign(other, "2000-01-01T00:00:00.000Z", good) }, 401, "the body does not match"},
		"another body":             {"POST", "/", good + " ", now(good), 401, "the body does not match"},
		"stale":                    {"POST", "/", good, ago(5*time.Minute + time.Second), 401, "signed 5m1s ago"},
		"from the future":          {"POST", "/", good, ago(-5*time.Minute - time.Second), 401, "in the future"},
		"no json":                  {"POST", "/", "hello", now("hello"), 400, "not a JSON object"},
		"empty":                    {"POST", "/", "", now(""), 400, "not a JSON object"},
		"without type":             {"POST", "/", "{}", now("{}"), 400, "no type"},
		"deeply nested":            {"POST", "/", deep, now(deep), 400, "not a JSON object"},
		"about no report":          {"POST", "/", `{"type":"report.succeeded"}`, now(`{"type":"report.succeeded"}`), 400, "not an id"},
		"about a report elsewhere": {"POST", "/", `{"type":"report.succeeded","data":{"object":{"id":"rpt_../x"}}}`, now(`{"type":"report.succeeded","data":{"object":{"id":"rpt_../x"}}}`), 400, "not an id"},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			w.add(1)
			status, why := w.send(c.method, c.path, c.body, c.signature())
			if status != c.status || !strings.Contains(why, c.why) {
				t.Errorf("%d %q, want %d %s", status, why, c.status, c.why)
			}
			synctest.Wait()
			if len(w.said()) != 1 || !strings.Contains(w.said()[0], fmt.Sprintf("refused a request from pipe with %d", c.status)) {
				t.Errorf("%q was said", w.said())
			}
			if w.count("get") != 0 {
				t.Error("the API was asked")
			}
			w.stop()
			w.wantFiles()
		})
	}
}

// TestTooLongBodiesAreRefused by what they announce, whatever their signature, or once they are.
func TestTooLongBodiesAreRefused(t *testing.T) {
	for name, c := range map[string]struct{ headers, body string }{
		"announced":               {fmt.Sprintf("Content-Length: %d\r\n", maxBody+1), ""},
		"announced as enormous":   {"Content-Length: 9000000000000000000\r\n", ""},
		"in chunks, unannounced":  {"Transfer-Encoding: chunked\r\nCharge-Signature: SIGNED\r\n", fmt.Sprintf("%x\r\n%s\r\n", maxBody+1, strings.Repeat(" ", maxBody+1))},
		"in many chunks":          {"Transfer-Encoding: chunked\r\nCharge-Signature: SIGNED\r\n", strings.Repeat("400\r\n"+strings.Repeat(" ", 1024)+"\r\n", 1025)},
		"of headers without end":  {"X: " + strings.Repeat("x", 100<<10), ""},
		"of headers without line": {strings.Repeat("X: y\r\n", 20_000), ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			head := "POST / HTTP/1.1\r\nHost: x\r\n" + strings.Replace(c.headers, "SIGNED", signed("", time.Now()), 1) + "\r\n"
			answer, took := w.raw(head+c.body, "", 0)
			want := "HTTP/1.1 413 "
			if strings.Contains(name, "headers") {
				want = "HTTP/1.1 431 "
			}
			if !strings.HasPrefix(answer, want) || took > time.Second {
				t.Errorf("after %s: %q", took, charge.Clip(answer, 200))
			}
			w.stop()
		})
	}
}

// TestEventsOfOthersAreAcknowledged, named, and left alone.
func TestEventsOfOthersAreAcknowledged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		for _, kind := range []string{"charge.succeeded", "vehicle.updated", "vehicle.updated"} {
			w.wantStatus(204, `{"type":"`+kind+`","data":{"object":{"id":"rpt_1"}}}`)
		}
		time.Sleep(5 * time.Second)
		want := []string{
			"an event of type charge.succeeded is none of ours: it is acknowledged and left alone",
			"an event of type vehicle.updated is none of ours: it is acknowledged and left alone (and 1 more)",
		}
		if diff := cmp.Diff(want, w.said()); diff != "" || w.count("get") != 0 {
			t.Errorf("%d requests (-want +got):\n%s", w.count("get"), diff)
		}
		w.stop()
	})
}

// TestSlowRequestsAreCut: a byte a second is not waited for longer than 10 s of headers and 30 s in all.
func TestSlowRequestsAreCut(t *testing.T) {
	head := func(length int) string {
		return "POST / HTTP/1.1\r\nHost: x\r\nCharge-Signature: " + signed(told(1), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) + fmt.Sprintf("\r\nContent-Length: %d\r\n\r\n", length)
	}
	for name, c := range map[string]struct {
		head, slow, status, why string
		within                  time.Duration
	}{
		"headers, a byte a second": {"POST / HTTP/1.1\r\nHost: ", strings.Repeat("x", 1000), "HTTP/1.1 408 ", "10 s at most", 10 * time.Second},
		"headers that stop":        {"POST / HTTP/1.1\r\nHost: x\r\n", "", "HTTP/1.1 408 ", "10 s at most", 10 * time.Second},
		"half a line":              {"POST", "", "HTTP/1.1 408 ", "10 s at most", 10 * time.Second},
		"a body, a byte a second":  {head(1000), strings.Repeat(" ", 1000), "HTTP/1.1 408 ", "30 s at most", 30 * time.Second},
		"a body that stops":        {head(1000) + "{", "", "HTTP/1.1 408 ", "30 s at most", 30 * time.Second},
		"nothing at all":           {"", "", "", "", 10 * time.Second},
	} {
		inBubble(t, name, func(t *testing.T) {
			w := newWorld(t)
			w.start()
			answer, took := w.raw(c.head, c.slow, time.Second)
			if !strings.HasPrefix(answer, c.status) || strings.Count(answer, "HTTP/1.1") > 1 || !strings.Contains(answer, c.why) || took > c.within+time.Second {
				t.Errorf("after %s: %q", took, answer)
			}
			w.stop()
			w.wantFiles()
		})
	}
}

// TestRefusalsAreALineASecond, which counts those that it does not name.
func TestRefusalsAreALineASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		began := time.Now()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				for range 100 {
					w.send("POST", "/", told(1), "forged")
					time.Sleep(5 * time.Millisecond)
				}
			})
		}
		all.Wait()
		time.Sleep(2 * time.Second)
		seconds := int(time.Since(began).Seconds()) + 1
		total := 0
		for _, note := range w.said() {
			more := 0
			if _, count, ok := strings.Cut(note, "(and "); ok {
				_, _ = fmt.Sscanf(count, "%d more)", &more)
			}
			total += 1 + more
		}
		if len(w.said()) > seconds || len(w.said()) < 2 || total != 2000 {
			t.Errorf("%d lines in %d seconds tell of %d refusals: %q", len(w.said()), seconds, total, w.said())
		}
		w.stop()
	})
}

// TestLongBodiesShareRoom: many at a time, of a MiB each, are read eight at a time, and the others told to come again.
func TestLongBodiesShareRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		long := strings.Repeat(" ", maxBody-1)
		signature := signed(long, time.Now())
		var all sync.WaitGroup
		var statuses [600]atomic.Int64
		for range 100 {
			all.Go(func() {
				conn, err := w.pipe.dial(t.Context(), "", "")
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				go func() {
					_, _ = fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: x\r\nCharge-Signature: %s\r\nContent-Length: %d\r\n\r\n%s", signature, maxBody, long) // its last byte never comes
				}()
				answer := make([]byte, 100)
				n, _ := conn.Read(answer)
				var status int
				if _, err := fmt.Sscanf(string(answer[:n]), "HTTP/1.1 %d", &status); err != nil || status >= len(statuses) {
					t.Errorf("%q", answer[:n])
					return
				}
				statuses[status].Add(1)
			})
		}
		time.Sleep(5 * time.Second)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapAlloc > 64<<20 {
			t.Errorf("%d MiB are held", m.HeapAlloc>>20)
		}
		all.Wait()
		if statuses[503].Load() != 100-largeBodies || statuses[408].Load() != largeBodies {
			t.Errorf("%d were told to come again, %d were too slow", statuses[503].Load(), statuses[408].Load())
		}
		w.stop()
	})
}

// TestConnectionsAreBounded: those beyond 128 wait until others have gone.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		w.add(1)
		for range maxConns {
			conn, err := w.pipe.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			go func() { _, _ = conn.Write([]byte("POST /")) }()
		}
		began := time.Now()
		w.wantStatus(204, told(1))
		if waited := time.Since(began); waited < headerTime-time.Second || waited > headerTime+time.Second {
			t.Errorf("it was let in after %s", waited)
		}
		w.stop()
	})
}

// TestAFullHouseEndsWithinASecond: whoever holds a place, or waits for one, holds up no end.
func TestAFullHouseEndsWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		var all sync.WaitGroup
		for range maxConns {
			conn, err := w.pipe.dial(t.Context(), "", "")
			if err != nil {
				t.Fatal(err)
			}
			all.Go(func() { _, _ = conn.Write([]byte("POST / HTTP/1.1\r\n")) })
		}
		all.Wait()
		all.Go(func() {
			if _, err := w.pipe.dial(t.Context(), "", ""); err == nil {
				t.Error("one too many was let in")
			}
		})
		synctest.Wait()
		w.stop()
		all.Wait()
	})
}

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.start()
		health := func() (status int, h map[string]any) {
			status, text := w.send("GET", "/healthz", "", "")
			if err := json.Unmarshal([]byte(text), &h); err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			return status, h
		}
		want := func(wantStatus int, fields map[string]any) {
			t.Helper()
			status, got := health()
			if diff := cmp.Diff(fields, got); status != wantStatus || diff != "" {
				t.Errorf("%d (-want +got):\n%s", status, diff)
			}
		}
		want(200, map[string]any{"ok": true, "accepted": 0.0, "written": 0.0, "waiting": 0.0, "oldest_waiting_s": 0.0, "last_event": nil})
		w.add(1)
		w.add(2, func(r *charge.Report) { r.Status = "processing" })
		w.wantStatus(204, told(1))
		w.wantStatus(204, told(2))
		time.Sleep(time.Minute)
		want(200, map[string]any{"ok": true, "accepted": 2.0, "written": 1.0, "waiting": 1.0, "oldest_waiting_s": 60.012, "last_event": "2000-01-01T00:00:00.000Z"})
		time.Sleep(time.Hour)
		status, h := health()
		if status != 503 || h["ok"] != false {
			t.Errorf("%d %v after an hour", status, h)
		}
		w.update(2, func(r *charge.Report) { r.Status = "succeeded" })
		time.Sleep(2 * time.Minute)
		if status, h := health(); status != 200 || h["waiting"] != 0.0 || h["written"] != 2.0 {
			t.Errorf("%d %v in the end", status, h)
		}
		if status, text := w.send("HEAD", "/healthz", "", ""); status != 200 || text != "" {
			t.Errorf("%d %q", status, text)
		}
		w.stop()
	})
}
