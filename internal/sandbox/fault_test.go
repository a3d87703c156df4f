package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// statuses returns what n equal requests are answered with.
func (b *sandboxTest) statuses(n int, url string) []int {
	b.t.Helper()
	var got []int
	for range n {
		got = append(got, b.get(url).status)
	}
	return got
}

func (b *sandboxTest) same(want, got any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("-want +got:\n%s", diff)
	}
}

func (b *sandboxTest) states(ids ...string) []any {
	b.t.Helper()
	var got []any
	for _, id := range ids {
		got = append(got, b.report(id)["status"])
	}
	return got
}

// faultCases has a case for every fault; what is checked is what its sentence in the help says.
func faultCases() map[string]func(b *sandboxTest) {
	return map[string]func(b *sandboxTest){
		"slow=10": func(b *sandboxTest) {
			id := b.create(april(""))
			b.clock.forward(30*time.Second - 1)
			b.same([]any{"processing"}, b.states(id))
			b.clock.forward(1)
			b.same([]any{"succeeded"}, b.states(id))
		},
		"stuck=1": func(b *sandboxTest) {
			ids := []string{b.create(april("")), b.create(april(""))}
			b.clock.forward(10_000 * time.Hour)
			b.same([]any{"pending", "succeeded"}, b.states(ids...))
			b.same("pending", b.Created()[0].Status)
		},
		"fails=1": func(b *sandboxTest) {
			ids := []string{b.create(april("")), b.create(april(""))}
			b.clock.forward(time.Minute)
			b.same([]any{"failed", "succeeded"}, b.states(ids...))
			b.same("failed", b.Created()[0].Status)
		},
		"late=2": func(b *sandboxTest) {
			b.same([]int{404, 404, 200}, b.statuses(3, base+"/reports/"+b.create(april(""))))
		},
		"lost-create=1": func(b *sandboxTest) {
			post := func() (answer, error) {
				return b.try("POST", base+"/reports", april(""), "Idempotency-Key", "k")
			}
			if _, err := post(); !errors.Is(err, syscall.ECONNRESET) || b.reports() != 1 {
				b.t.Errorf("%v and %d reports, want a reset and one", err, b.reports())
			}
			if a, err := post(); err != nil || a.status != http.StatusOK || b.reports() != 1 {
				b.t.Errorf("again: %d, %v, %d reports", a.status, err, b.reports())
			}
		},
		"flaky=2": func(b *sandboxTest) {
			b.same([]int{200, 500, 200, 503, 200, 502}, b.statuses(6, base+"/fleets"))
		},
		"rate-limit=2": func(b *sandboxTest) {
			b.same(slices.Concat(slices.Repeat([]int{200}, 10), []int{429, 429, 200}), b.statuses(13, base+"/fleets"))
			b.statuses(9, base+"/fleets")
			a := b.get(base + "/fleets")
			b.same("1", a.header.Get("Retry-After"))
			b.same("rate_limit_exceeded", a.object(b.t).text("code"))
		},
		"truncated=1": func(b *sandboxTest) {
			a := b.get(base + "/fleets")
			if a.status != http.StatusOK || !errors.Is(a.err, io.ErrUnexpectedEOF) || json.Valid([]byte(a.body)) || a.body == "" {
				b.t.Errorf("%d %q (%v)", a.status, a.body, a.err)
			}
			b.get(base + "/fleets").ok(b.t)
		},
		"empty-list=1": func(b *sandboxTest) {
			b.create(april(""))
			b.same([]int{0, 1}, []int{
				len(b.get(base + "/reports").ok(b.t).rows()), len(b.get(base + "/reports").ok(b.t).rows()),
			})
			b = newSandboxTest(b.t, sandbox.Options{}, "empty-list=1")
			b.register(endpointAt(local))
			b.same([]int{0, 1}, []int{
				len(b.get(base + "/webhook_endpoints").ok(b.t).rows()), len(b.get(base + "/webhook_endpoints").ok(b.t).rows()),
			})
		},
		"gone=1": func(b *sandboxTest) {
			ids := []string{b.create(april(""), "Idempotency-Key", "k"), b.create(april(""))}
			b.same([]any{"pending", "pending"}, b.states(ids...))
			b.clock.forward(time.Minute)
			b.same([]int{404, 404}, b.statuses(2, base+"/reports/"+ids[0]))
			b.same([]int{404}, b.statuses(1, "https://files.chargeapi.co/reports/"+ids[0]+".csv"))
			b.same([][]string{{ids[1]}}, b.walk("next_page_url", base+"/reports"))
			b.same(ids[0], b.create(april(""), "Idempotency-Key", "k")) // the key still leads to it
			b.same([]any{"succeeded"}, b.states(ids[1]))
		},
		"server-defaults": func(b *sandboxTest) {
			r := b.finished(april(""))
			filled, _ := r["parameters"].(map[string]any)
			b.same([]any{b.Created()[0].Fleet, "vehicle", "charging_summary"}, []any{r["fleet"], filled["group_by"], filled["type"]})
			filters, _ := filled["filters"].(map[string]any)
			vehicles, _ := filters["vehicle"].([]any)
			rows := b.rows(r.text("id"))
			b.same(5, len(vehicles))
			b.same([]any{len(vehicles), vehicles[0]}, []any{len(rows), any(rows[0][0])})
			last, vehicle := b.fleet(2), b.rows(b.finished(april(b.fleet(2))).text("id"))[4][0]
			b.same([]string{last, last}, []string{b.Created()[1].Fleet, b.finished(with(`"type"`, `"filters":{"vehicle":["`+vehicle+`"]},"type"`)).text("fleet")})
			sent := b.finished(with(`"type"`, `"group_by":null,"filters":null,"type"`))["parameters"].(map[string]any)
			b.same([]any{nil, nil}, []any{sent["group_by"], sent["filters"]})
		},
		"in-progress=2s": func(b *sandboxTest) {
			post := func(body, key string) int {
				a, err := b.try("POST", base+"/reports", body, "Idempotency-Key", key)
				if err != nil && !errors.Is(err, syscall.ECONNRESET) {
					b.t.Error(err)
				}
				return a.status
			}
			b.same([]int{0, 409, 409, 0, 400, 400}, []int{
				post(april(""), "one"), post(april(""), "one"), post(april(""), "one"), post(april(""), "two"), post("{}", "three"), post("{}", "three"),
			})
			b.clock.forward(2 * time.Second)
			b.same([]int{200, 200, 0}, []int{post(april(""), "one"), post(april(""), "two"), post(april(""), "three")})
			b.same(3, b.reports())
			b.create(april("")) // without a key there is nothing to repeat
		},
		"first-outcome": func(b *sandboxTest) {
			first := b.do("POST", base+"/reports", april(""), "Idempotency-Key", "k")
			b.same(first.body, b.do("POST", base+"/reports", april(b.fleet(0)), "Idempotency-Key", "k").body)
			b.same(1, b.reports())
		},
		"key-for-ever": func(b *sandboxTest) {
			id := b.create(april(""), "Idempotency-Key", "k")
			b.clock.forward(20 * 365 * 24 * time.Hour)
			b.same(id, b.create(april(""), "Idempotency-Key", "k"))
			b.same(409, b.do("POST", base+"/reports", april(b.fleet(0)), "Idempotency-Key", "k").status)
		},
		"clock-ahead=2d": func(b *sandboxTest) {
			server := b.clock.Now().Add(-48 * time.Hour)
			a := b.do("POST", base+"/reports", april(""))
			b.same(server.Format(http.TimeFormat), a.header.Get("Date"))
			b.same("2026-04-29T06:00:00.000Z", a.ok(b.t).text("created"))
			b.clock.forward(3 * time.Second)
			r := b.report(a.ok(b.t).text("id"))
			b.same([]string{"succeeded", "2026-04-29T06:00:03.000Z"}, []string{r.text("status"), r.text("succeeded_at")})
			b.same(server.Add(3*time.Second).Format(http.TimeFormat), b.get(r.text("url")).header.Get("Last-Modified"))
		},
		"old-version": func(b *sandboxTest) {
			fleet := strings.Replace(b.get(base + "/fleets?limit=100").ok(b.t).rows()[0].text("id"), "fleet_", "flt_", 1)
			r := b.do("POST", base+"/reports", strings.Replace(april(fleet), "flt_", "fleet_", 1)).ok(b.t)
			id := r.text("id")
			b.same([]any{float64(b.clock.Now().Unix()), strings.Replace(fleet, "flt_", "fleet_", 1)}, []any{r["created"], r["fleet"]})
			b.same(float64(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC).Unix()), r["parameters"].(map[string]any)["period_start"])
			b.create(april(""))
			page := b.get(base+"/reports?limit=1", "Charge-Version", "2025-06-01").ok(b.t)
			_, next := page["next_page_url"]
			b.same([]any{"list", true, false, 1}, []any{page["object"], page["has_more"], next, len(page.rows())})
			b.same(false, b.get(base + "/reports?fleet=" + r.text("fleet")).ok(b.t)["has_more"])
			b.same([]int{404, 401}, []int{b.get(base + "/nothing").status, b.get(base+"/reports", "Authorization", "").status})
			now := b.get(base+"/reports/"+id, "Charge-Version", "2026-03-01").ok(b.t)
			b.same([]any{"2026-05-01T06:00:00.000Z", fleet}, []any{now["created"], now["fleet"]})
		},
		"expanded": func(b *sandboxTest) {
			for _, r := range []object{
				b.do("POST", base+"/reports", april(b.fleet(0))).ok(b.t), b.report(b.Created()[0].ID), b.get(base + "/reports").ok(b.t).rows()[0],
			} {
				b.same([]any{"account", "fleet"}, []any{r["account"].(map[string]any)["object"], r["fleet"].(map[string]any)["object"]})
			}
			b.same(nil, b.do("POST", base+"/reports", april("")).ok(b.t)["fleet"])
		},
		"revoked=3": func(b *sandboxTest) {
			b.same([]int{200, 200, 401, 401}, b.statuses(4, base+"/fleets"))
			b.same("authentication_error", b.get(base+"/reports").object(b.t).text("type"))
		},
		"listing-fails=2": func(b *sandboxTest) {
			id := b.create(april(""))
			b.same([]int{503, 503, 200}, b.statuses(3, base+"/reports?limit=5"))
			b.same([]any{"pending"}, b.states(id))
			b.same("api_error", newSandboxTest(b.t, sandbox.Options{}, "listing-fails").get(base+"/reports").object(b.t).text("type"))
		},
		"file-gone=2": func(b *sandboxTest) {
			var links []string
			for range 3 {
				links = append(links, b.finished(april("")).text("url"))
			}
			b.same([]int{410, 404, 200}, []int{b.get(links[0]).status, b.get(links[1]).status, b.get(links[2]).status})
			b.same([]int{410, 410}, b.statuses(2, b.report(b.Created()[0].ID).text("url")))
		},
		"link-expires=2": func(b *sandboxTest) {
			r := b.finished(april(""))
			b.same([]int{200, 200, 403, 403}, b.statuses(4, r.text("url")))
			fresh := b.report(r.text("id")).text("url")
			b.same([]int{200, 200, 403}, b.statuses(3, fresh))
			bare, _, _ := strings.Cut(fresh, "?")
			b.same([]int{403}, b.statuses(1, bare))
		},
		"cut=2": func(b *sandboxTest) {
			link, file := b.finishedFile()
			half := b.get(link)
			if !errors.Is(half.err, io.ErrUnexpectedEOF) || half.body != file[:len(file)/2] {
				b.t.Errorf("%d of %d bytes (%v)", len(half.body), len(file), half.err)
			}
			rest := b.get(link, "Range", "bytes=10-")
			if !errors.Is(rest.err, io.ErrUnexpectedEOF) || !strings.HasPrefix(file[10:], rest.body) || rest.status != 206 {
				b.t.Errorf("%d, %d bytes (%v)", rest.status, len(rest.body), rest.err)
			}
			b.same(file, b.get(link).body)
		},
		"html-file=1": func(b *sandboxTest) {
			link, file := b.finishedFile()
			page := b.get(link)
			if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || page.body == file {
				b.t.Errorf("%d %q", page.status, page.body)
			}
			b.same(file, b.get(link).body)
		},
		"no-range": func(b *sandboxTest) {
			link, file := b.finishedFile()
			a := b.get(link, "Range", "bytes=10-")
			b.same([]string{file, "", "", ""}, []string{
				a.body, a.header.Get("ETag"), a.header.Get("Last-Modified"), a.header.Get("Accept-Ranges"),
			})
			b.same(200, a.status)
		},
		"restate=2d": func(b *sandboxTest) {
			file := func() string { return b.get(b.finished(april("")).text("url")).body }
			first := file()
			b.clock.forward(45 * time.Hour)
			b.same(first, file())
			b.clock.forward(time.Hour)
			second := file()
			b.clock.forward(48 * time.Hour)
			third := file()
			if first == second || second == third || strings.Count(first, "\n") != strings.Count(third, "\n") {
				b.t.Errorf("%q, then %q, then %q", first, second, third)
			}
			b.same(first, b.get("https://files.chargeapi.co/reports/"+b.Created()[0].ID+".csv").body)
		},
		"new-status": func(b *sandboxTest) {
			id, seen := b.create(april("")), []any{}
			for range 6 {
				seen = append(seen, b.report(id)["status"])
				b.clock.forward(600 * time.Millisecond)
			}
			b.same([]any{"queued", "pending", "processing", "processing", "finalizing", "succeeded"}, seen)
			queued := b.create(april(""))
			b.same(queued, b.get(base + "/reports?status=queued").ok(b.t).rows()[0].text("id"))
		},
		"new-fields": func(b *sandboxTest) {
			a := b.do("POST", base+"/reports", april(""))
			b.same(2, strings.Count(a.body, `"introduced"`))
			b.same(3, strings.Count(b.get(base+"/reports").body, `"introduced"`))
			if !strings.Contains(a.body, "0.10") || !strings.Contains(a.body, "9007199254740993") {
				b.t.Errorf("numbers do not keep their text: %s", a.body)
			}
			b.same(false, strings.Contains(b.get(base+"/nothing").body, "introduced"))
		},
		"too-many=2": func(b *sandboxTest) {
			b.same([]int{429, 429, 200, 200}, b.statuses(4, base+"/fleets"))
		},
		"outage=2": func(b *sandboxTest) {
			ask := func(url string) int {
				a, err := b.try("GET", url, "")
				if err != nil && !errors.Is(err, syscall.ECONNRESET) {
					b.t.Error(err)
				}
				return a.status
			}
			file := "https://files.chargeapi.co/reports/none.csv"
			b.same([]int{0, 503, 0, 503}, []int{ask(base + "/fleets"), ask(base + "/fleets"), ask(file), ask(file)})
			b.clock.forward(2 * time.Second)
			b.same([]int{200, 404}, []int{ask(base + "/fleets"), ask(file)})
			b.clock.forward(58 * time.Second)
			b.same([]int{0, 503}, []int{ask(base + "/fleets"), ask(base + "/fleets")})
		},
		"lost-answers=2": func(b *sandboxTest) {
			_, err := b.try("POST", base+"/reports", april(""))
			if !errors.Is(err, syscall.ECONNRESET) || b.reports() != 1 {
				b.t.Errorf("%v and %d reports, want a reset and one", err, b.reports())
			}
			b.get(base + "/fleets").ok(b.t)
			if _, err := b.try("GET", base+"/fleets", ""); !errors.Is(err, syscall.ECONNRESET) {
				b.t.Error(err)
			}
		},
		"proxy-html=2": func(b *sandboxTest) {
			page := b.do("POST", base+"/reports", april(""))
			b.same([]any{200, "text/html; charset=utf-8", 0}, []any{page.status, page.header.Get("Content-Type"), b.reports()})
			b.create(april(""))
			b.same("text/html; charset=utf-8", b.get(base+"/fleets").header.Get("Content-Type"))
		},
		"garbage=2": func(b *sandboxTest) {
			noise := b.do("POST", base+"/reports", april(""))
			b.same([]any{200, false, 1}, []any{noise.status, json.Valid([]byte(noise.body)), b.reports()})
			b.get(base + "/fleets").ok(b.t)
		},
		"chaos=50": func(b *sandboxTest) {
			good, row, longest := 0, 0, 0
			for range 300 {
				a, err := b.try("GET", base+"/fleets", "")
				if row++; err == nil && a.err == nil && a.status == http.StatusOK && json.Valid([]byte(a.body)) {
					good, row = good+1, 0
				}
				longest = max(longest, row)
			}
			if longest != 2 || good < 140 || good > 220 {
				b.t.Errorf("%d of 300 are good, and up to %d in a row are not", good, longest)
			}
		},
		"etag-moves": func(b *sandboxTest) {
			link, file := b.finishedFile()
			first, second := b.get(link), b.get(link)
			b.same([]string{file, file}, []string{first.body, second.body})
			if first.header.Get("ETag") == second.header.Get("ETag") {
				b.t.Error("the ETag stays")
			}
			b.same(200, b.get(link, "Range", "bytes=10-", "If-Range", first.header.Get("ETag")).status)
			b.same(206, b.get(link, "Range", "bytes=10-").status)
		},
		"empty-csv": func(b *sandboxTest) {
			link, file := b.finishedFile()
			b.same("vehicle,sessions,energy_wh,amount,currency,first_session,last_session\n", b.get(link).body)
			b.same(file, b.get(link).body)
		},
		"wrong-size": func(b *sandboxTest) {
			link, file := b.finishedFile()
			a := b.get(link)
			b.same(file[:len(file)-1], a.body)
			if a.err != nil {
				b.t.Errorf("the short file is not whole by its own account: %v", a.err)
			}
		},
	}
}

func (b *sandboxTest) finishedFile() (link, file string) {
	b.t.Helper()
	r := b.finished(april(""))
	bytes, _ := b.File(r.text("id"))
	return r.text("url"), string(bytes)
}

func TestFaults(t *testing.T) {
	tested := []string{"listing-hangs", "stall"} // below and in package inproc: they need a bubble, as those of events do
	for text := range eventFaultCases() {
		name, _, _ := strings.Cut(text, "=")
		tested = append(tested, name)
	}
	for text, check := range faultCases() {
		name, _, _ := strings.Cut(text, "=")
		tested = append(tested, name)
		t.Run(text, func(t *testing.T) { check(newSandboxTest(t, sandbox.Options{}, text)) })
	}
	var known []string
	for _, info := range sandbox.Faults() {
		known = append(known, info.Name)
		if info.Summary == "" || (info.Default > 0) != strings.Contains(info.Summary, " N") && !strings.Contains(info.Summary, "N-th") {
			t.Errorf("%s: the sentence %q does not fit the default %d", info.Name, info.Summary, info.Default)
		}
	}
	slices.Sort(known)
	slices.Sort(tested)
	if diff := cmp.Diff(known, tested); diff != "" {
		t.Errorf("-known +tested:\n%s", diff)
	}
}

func TestListingHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSandboxTest(t, sandbox.Options{}, "listing-hangs=1")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/reports", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := inproc.Transport(b.Sandbox).RoundTrip(r)
		if !errors.Is(err, context.DeadlineExceeded) {
			_ = resp.Body.Close()
			t.Errorf("%v, want no answer within the hour", err)
		}
		b.same([]int{200, 200}, append(b.statuses(1, base+"/fleets"), b.statuses(1, base+"/reports")...))
	})
}

// TestFaultsOfFilesCountKeys: a key that leaks to a file host that misbehaves has leaked.
func TestFaultsOfFilesCountKeys(t *testing.T) {
	for _, text := range []string{"link-expires", "file-gone", "html-file", "no-range", "wrong-size"} {
		b := newSandboxTest(t, sandbox.Options{}, text)
		b.get(b.finished(april("")).text("url"), "Authorization", "Bearer "+key)
		if n := b.LeakedKeys(); n != 1 {
			t.Errorf("%s: %d leaked keys, want 1", text, n)
		}
	}
}

func TestFaultsAddUp(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{}, "late=1", "fails=1", "slow=2", "link-expires")
	id := b.create(april(""))
	b.same([]int{404, 200}, b.statuses(2, base+"/reports/"+id))
	b.clock.forward(6 * time.Second)
	b.same([]any{"failed"}, b.states(id))
	b.same([]int{200}, b.statuses(1, b.finishedSecond()))
}

// finishedSecond makes a report after one that is late and failed and returns its link.
func (b *sandboxTest) finishedSecond() string {
	b.t.Helper()
	id := b.create(april(""))
	b.clock.forward(time.Minute)
	b.statuses(1, base+"/reports/"+id)
	return b.report(id).text("url")
}

func TestParseFaultRefuses(t *testing.T) {
	for text, named := range map[string]string{
		"":            "there is no fault",
		"cuts":        "there is no fault",
		"cut=":        "integer from 1",
		"cut=0":       "integer from 1",
		"cut=-1":      "integer from 1",
		"cut=1.5":     "integer from 1",
		"cut=1000001": "integer from 1",
		"no-range=1":  "takes no argument",

		"cut=1d":            "integer from 1",
		"chaos=101%":        "integer from 1 to 100",
		"clock-ahead=31s":   "integer from 1 to 10000",
		"clock-ahead=10001": "integer from 1 to 10000",
	} {
		if _, err := sandbox.ParseFault(text); err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%q: %v, want something with %q", text, err, named)
		}
	}
}

// FuzzParseFault shows that what is accepted survives printing and parsing again.
func FuzzParseFault(f *testing.F) {
	for _, info := range sandbox.Faults() {
		f.Add(info.Name)
		f.Add(info.Name + "=7" + info.Unit)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			return
		}
		again, err := sandbox.ParseFault(fault.String())
		if err != nil || again.String() != fault.String() {
			t.Errorf("%q becomes %q, which becomes %q (%v)", text, fault, again, err)
		}
	})
}
