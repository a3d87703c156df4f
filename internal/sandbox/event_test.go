package sandbox_test

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// delivery is one request that brought an event.
type delivery struct {
	after  time.Duration // since the listener was made
	url    string
	header string // Charge-Signature
	body   string
}

func (d delivery) event(t *testing.T) object {
	t.Helper()
	return answer{body: d.body}.object(t)
}

// report is the id of the report that the event is about.
func (d delivery) report(t *testing.T) string {
	t.Helper()
	data, _ := d.event(t)["data"].(map[string]any)
	report, _ := data["object"].(map[string]any)
	return object(report).text("id")
}

// signed tells whether the signature is one under the secret, as charge-api.md assumes it is made, and returns its time.
func (d delivery) signed(secret string) (at string, good bool) {
	at, code, _ := strings.Cut(strings.TrimPrefix(d.header, "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = io.WriteString(mac, at+"."+d.body)
	return at, code == hex.EncodeToString(mac.Sum(nil))
}

// listener is the handler of an endpoint that writes down what it is sent and answers 204.
type listener struct {
	began time.Time
	then  func(n int, r *http.Request) (status int) // of the answer to the n-th request, from 1; 0 and nil are 204

	mu  sync.Mutex
	got []delivery
}

func newListener() *listener { return &listener{began: time.Now()} }

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	l.mu.Lock()
	l.got = append(l.got, delivery{time.Since(l.began), r.URL.String(), r.Header.Get("Charge-Signature"), string(body)})
	n := len(l.got)
	l.mu.Unlock()
	status := 0
	if l.then != nil {
		status = l.then(n, r)
	}
	w.Header().Set("Location", "http://127.0.0.1/elsewhere")
	w.WriteHeader(cmp.Or(status, http.StatusNoContent))
}

// deliveries returns what has come so far.
func (l *listener) deliveries() []delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

// times are when requests came.
func (l *listener) times() (all []time.Duration) {
	for _, d := range l.deliveries() {
		all = append(all, d.after)
	}
	return all
}

// inBubble runs a check with a sandbox in virtual time whose events, wherever they go, come to one listener, each held to
// the contract.
func inBubble(t *testing.T, o sandbox.Options, check func(b *sandboxTest, l *listener), faults ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newListener()
		o.Clock, o.Events = time.Now, inproc.Handler(contracttest.Receiver(t, l))
		b := newSandboxTest(t, o, faults...)
		defer b.Close()
		check(b, l)
	})
}

func TestEventOfAReport(t *testing.T) {
	inBubble(t, sandbox.Options{GenerationTime: 9 * time.Second}, func(b *sandboxTest, l *listener) {
		e := b.register(endpointAt(local))
		started := time.Now()
		create := b.do("POST", base+"/reports", april(b.fleet(0)), "Idempotency-Key", "mine")
		time.Sleep(9*time.Second - 1)
		b.same(0, len(l.deliveries())) // and nobody asks for the report
		time.Sleep(time.Minute)
		got := l.deliveries()
		b.same([]time.Duration{9 * time.Second}, l.times())
		b.same(local, got[0].url)
		ended := started.Add(9 * time.Second).UTC().Format("2006-01-02T15:04:05.000Z")
		if at, good := got[0].signed(e.text("secret")); !good || at != ended {
			b.t.Errorf("the signature %s: %s, good %v", got[0].header, at, good)
		}
		event := got[0].event(b.t)
		id := event.text("id")
		b.same(true, strings.HasPrefix(id, "evt_") && len(id) == len("evt_")+32)
		b.same(object{
			"id": id, "object": "event", "type": "report.succeeded", "api_version": "2026-03-01", "created": ended, "livemode": false,
			"pending_webhooks": 1.0, "request": map[string]any{"id": create.header.Get("Request-Id"), "idempotency_key": "mine"},
			"data": map[string]any{
				"object":              map[string]any(b.report(create.ok(b.t).text("id"))),
				"previous_attributes": map[string]any{"status": "processing"},
			},
		}, event)
	})
}

func TestEventsGoToWhoWantsThem(t *testing.T) {
	fate := func(n int) (time.Duration, bool) { return 10 * time.Second, n == 3 }
	inBubble(t, sandbox.Options{Fate: fate}, func(b *sandboxTest, l *listener) {
		b.create(april("")) // is there before anybody could be told
		time.Sleep(10 * time.Second)
		first := b.create(april(""))
		b.create(april("")) // fails, of which there is no event
		time.Sleep(5 * time.Second)
		off := b.register(endpointAt("http://127.0.0.1/off"))
		b.change(off, `{"status":"disabled"}`)
		b.register(endpointAt("http://127.0.0.1/other", `"enabled_events":["charge.succeeded"]`))
		b.register(endpointAt("http://127.0.0.1/one", `"api_version":"2026-04-01"`))
		b.register(endpointAt("http://127.0.0.1/two"))
		time.Sleep(time.Minute)
		b.register(endpointAt("http://127.0.0.1/late"))
		time.Sleep(time.Minute)
		got := l.deliveries()
		slices.SortFunc(got, func(a, b delivery) int { return strings.Compare(a.url, b.url) })
		var urls, versions []string
		for _, d := range got {
			event := d.event(b.t)
			urls, versions = append(urls, d.url), append(versions, event.text("api_version"))
			b.same([]any{first, 2.0, nil}, []any{d.report(b.t), event["pending_webhooks"], event["request"].(map[string]any)["idempotency_key"]})
		}
		b.same([]string{"http://127.0.0.1/one", "http://127.0.0.1/two"}, urls)
		b.same([]string{"2026-04-01", "2026-03-01"}, versions)

		b.change(off, `{"status":"enabled"}`)
		b.create(april(""))
		time.Sleep(time.Minute)
		b.same(2+4, len(l.deliveries()))
	})
}

// TestEventsComeAgainUntilAccepted: whatever else an endpoint does, the same event comes again, signed anew.
func TestEventsComeAgainUntilAccepted(t *testing.T) {
	inBubble(t, sandbox.Options{GenerationTime: time.Nanosecond}, func(b *sandboxTest, l *listener) {
		statuses := []int{500, 302, 404, 203, 429, 401, 503, 207, 206}
		l.then = func(n int, r *http.Request) int {
			switch n -= len(statuses); {
			case n <= 0:
				return statuses[n+len(statuses)-1]
			case n == 1:
				panic(http.ErrAbortHandler)
			case n == 2:
				<-r.Context().Done() // after ten seconds
			}
			return 0
		}
		e := b.register(endpointAt(local))
		b.create(april(""))
		time.Sleep(24 * time.Hour)
		want, at := []time.Duration{0}, time.Duration(0)
		for _, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 70} {
			at += time.Duration(seconds) * time.Second
			want = append(want, at)
		}
		b.same(want, roundedDown(l.times()))
		first, times := l.deliveries()[0], map[string]bool{}
		for _, d := range l.deliveries() {
			at, good := d.signed(e.text("secret"))
			if times[at] = true; !good || d.body != first.body || d.url != local {
				b.t.Errorf("%s with %s: %s", d.url, d.header, d.body)
			}
		}
		b.same(len(want), len(times))
	})
}

// roundedDown leaves out what a report takes that is ready at once.
func roundedDown(times []time.Duration) []time.Duration {
	for i := range times {
		times[i] = times[i].Truncate(time.Millisecond)
	}
	return times
}

func TestEventsAreAccepted(t *testing.T) {
	for _, status := range []int{200, 201, 202, 204} {
		inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
			l.then = func(int, *http.Request) int { return status }
			b.register(endpointAt(local))
			b.create(april(""))
			time.Sleep(time.Hour)
			if n := len(l.deliveries()); n != 1 {
				t.Errorf("after %d it comes %d times", status, n)
			}
		})
	}
}

func TestEventsEndWithTheEndpoint(t *testing.T) {
	inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
		l.then = func(int, *http.Request) int { return http.StatusInternalServerError }
		e := b.register(endpointAt(local))
		b.create(april(""))
		time.Sleep(5 * time.Second)
		b.change(e, `{"status":"disabled"}`)
		time.Sleep(time.Hour)
		b.same(2, len(l.deliveries()))
	})
}

// TestEventsAreFewAtOnce: an endpoint that is slow has no more than eight to answer.
func TestEventsAreFewAtOnce(t *testing.T) {
	inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
		l.then = func(int, *http.Request) int {
			time.Sleep(time.Second)
			return 0
		}
		b.register(endpointAt(local))
		for range 30 {
			b.create(april(""))
		}
		time.Sleep(3*time.Second + 1)
		for _, want := range []int{8, 16, 24, 30, 30} {
			b.same(want, len(l.deliveries()))
			time.Sleep(time.Second)
		}
	})
}

// TestEventsEndWithTheSandbox would end in a deadlock of the bubble if anything were left.
func TestEventsEndWithTheSandbox(t *testing.T) {
	inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
		l.then = func(n int, r *http.Request) int {
			if n == 1 {
				<-r.Context().Done()
			}
			return http.StatusInternalServerError
		}
		b.register(endpointAt(local))
		b.create(april(""))
		b.create(april(""))
		time.Sleep(4*time.Second + time.Millisecond)
		b.create(april(""))
		came := len(l.deliveries())
		b.Close()
		b.create(april("")) // is answered as before
		time.Sleep(time.Hour)
		b.same(came, len(l.deliveries()))
	})
}

// eventFaultCases has a case for every fault of events; what is checked is what its sentence in the help says. Each has
// an endpoint, whose secret it is given, and reports that take three seconds.
func eventFaultCases() map[string]func(b *sandboxTest, l *listener, secret string) {
	return map[string]func(b *sandboxTest, l *listener, secret string){
		"event-twice": func(b *sandboxTest, l *listener, secret string) {
			l.then = first(http.StatusTeapot)
			b.create(april(""))
			time.Sleep(time.Hour)
			b.same([]time.Duration{3 * time.Second, 4 * time.Second, 5 * time.Second}, l.times())
			for _, d := range l.deliveries() {
				_, good := d.signed(secret)
				b.same([]any{true, l.deliveries()[0].body}, []any{good, d.body})
			}
		},
		"event-late=7s": func(b *sandboxTest, l *listener, _ string) {
			b.create(april(""))
			time.Sleep(time.Hour)
			b.same([]time.Duration{10 * time.Second}, l.times())
		},
		"event-lost=1": func(b *sandboxTest, l *listener, _ string) {
			b.create(april(""))
			second := b.create(april(""))
			time.Sleep(time.Hour)
			b.same(1, len(l.deliveries()))
			b.same(second, l.deliveries()[0].report(b.t))
		},
		"event-forged": func(b *sandboxTest, l *listener, secret string) {
			l.then = first(http.StatusUnauthorized) // which no forger minds
			id := b.create(april(""))
			time.Sleep(time.Hour)
			b.same(2, len(l.deliveries()))
			forged, real := l.deliveries()[0], l.deliveries()[1]
			_, bad := forged.signed(secret)
			_, good := real.signed(secret)
			b.same([]any{false, true, id}, []any{bad, good, real.report(b.t)})
			b.same([]int{404}, b.statuses(1, base+"/reports/"+forged.report(b.t)))
			b.same(false, strings.Contains(forged.body, id))
			b.same(true, forged.event(b.t).text("id") != real.event(b.t).text("id"))
		},
		"event-old": func(b *sandboxTest, l *listener, secret string) {
			l.then = first(http.StatusUnauthorized) // which does not bring it back
			b.create(april(""))
			time.Sleep(3 * time.Second)
			sent := time.Now().UTC()
			time.Sleep(time.Hour)
			got, times := l.deliveries(), []string{}
			for _, d := range got {
				at, good := d.signed(secret)
				times = append(times, fmt.Sprint(at, " ", good))
			}
			const layout = "2006-01-02T15:04:05.000Z true"
			b.same([]string{sent.Add(-time.Hour).Format(layout), sent.Format(layout)}, times)
			b.same(got[1].body, got[0].body)
		},
		"events-shuffled": func(b *sandboxTest, l *listener, _ string) {
			var made, came []string
			for range 20 {
				made = append(made, b.create(april("")))
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(time.Hour)
			for _, d := range l.deliveries() {
				came = append(came, d.report(b.t))
			}
			b.same(false, slices.Equal(made, came))
			slices.Sort(made)
			slices.Sort(came)
			b.same(made, came)
			b.same(true, slices.Max(l.times()) < 10*time.Second)
		},
	}
}

// first answers the first request with a status of its own.
func first(status int) func(int, *http.Request) int {
	return func(n int, _ *http.Request) int {
		if n == 1 {
			return status
		}
		return 0
	}
}

func TestFaultsOfEvents(t *testing.T) {
	for text, check := range eventFaultCases() {
		t.Run(text, func(t *testing.T) {
			inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
				check(b, l, b.register(endpointAt(local)).text("secret"))
			}, text)
		})
	}
}

// TestFaultsOfEventsAddUp: of each event a forged one, an old one and two good ones, all late.
func TestFaultsOfEventsAddUp(t *testing.T) {
	inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
		secret := b.register(endpointAt(local)).text("secret")
		b.create(april(""))
		b.create(april(""))
		time.Sleep(time.Hour)
		good := 0
		for _, d := range l.deliveries() {
			if _, ok := d.signed(secret); ok {
				good++
			}
		}
		b.same([]int{8, 6}, []int{len(l.deliveries()), good})
		b.same(13*time.Second, slices.Min(l.times()))
	}, "event-twice", "event-old", "event-forged", "event-late")
}

// TestOldVersionOfAnEvent: the report in an event has the shape of the endpoint's version, the event itself has not.
func TestOldVersionOfAnEvent(t *testing.T) {
	inBubble(t, sandbox.Options{}, func(b *sandboxTest, l *listener) {
		for _, members := range []string{`"description":"account"`, `"api_version":"2026-03-01"`} {
			b.register(endpointAt(local, members))
		}
		b.create(april(""))
		time.Sleep(time.Hour)
		shapes := map[string]string{}
		for _, d := range l.deliveries() {
			event := d.event(b.t)
			report, _ := event["data"].(map[string]any)["object"].(map[string]any)
			shapes[event.text("api_version")] = fmt.Sprintf("%T", report["created"])
		}
		b.same(map[string]string{"2025-06-01": "float64", "2026-03-01": "string"}, shapes)
	}, "old-version")
}

// TestEventsOverRealHTTP: to http and to https that nobody has signed, until the server is closed.
func TestEventsOverRealHTTP(t *testing.T) {
	s := start(t)
	l := newListener()
	came := make(chan struct{}, 100)
	l.then = func(int, *http.Request) int {
		came <- struct{}{}
		return 0
	}
	plain, secure := httptest.NewServer(contracttest.Receiver(t, l)), httptest.NewTLSServer(contracttest.Receiver(t, l))
	defer plain.Close()
	defer secure.Close()
	secrets := map[string]string{}
	for i, url := range []string{strings.Replace(plain.URL, "127.0.0.1", "localhost", 1), secure.URL} {
		a, err := call(t, s, "POST", s.BaseURL+"/webhook_endpoints", endpointAt(url+fmt.Sprint("/", i)))
		if err != nil {
			t.Fatal(err)
		}
		secrets[fmt.Sprint("/", i)] = a.ok(t).text("secret")
	}
	if _, err := call(t, s, "POST", s.BaseURL+"/reports", april("")); err != nil {
		t.Fatal(err)
	}
	<-came
	<-came
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for _, d := range l.deliveries() {
		if _, good := d.signed(secrets[d.url]); !good {
			t.Errorf("%s: the signature is not of this endpoint", d.url)
		}
		delete(secrets, d.url)
	}
	if len(secrets) > 0 || len(l.deliveries()) != 2 {
		t.Errorf("%d deliveries, and none for %v", len(l.deliveries()), secrets)
	}
}

// FuzzEndpoint shows that whatever is sent, the answer is an endpoint or the documented error object, and that no
// endpoint is beyond this machine.
func FuzzEndpoint(f *testing.F) {
	for _, seed := range []string{endpointAt(local), endpointAt("https://[::1%25lo]/"), endpointAt("http://127.0.0.1@example.com/"), "", "null", `{"url":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		b := newSandboxTest(t, sandbox.Options{Vehicles: 1})
		a := b.do("POST", base+"/webhook_endpoints", body, "Content-Type", "application/json")
		var got struct{ Object, URL string }
		err := json.Unmarshal([]byte(a.body), &got)
		if want := map[int]string{200: "webhook_endpoint", 400: "error"}[a.status]; err != nil || want == "" || got.Object != want {
			t.Errorf("%d with object %q (%v)", a.status, got.Object, err)
		}
		if a.status == http.StatusOK {
			r, err := http.NewRequest(http.MethodPost, got.URL, nil)
			if err != nil || !slices.Contains([]string{"localhost", "127", "::1"}, firstLabel(r.URL.Hostname())) {
				t.Errorf("%s (%v)", got.URL, err)
			}
		}
	})
}

// firstLabel is what a host begins with, up to a dot.
func firstLabel(host string) string {
	label, _, _ := strings.Cut(strings.ToLower(host), ".")
	return label
}
