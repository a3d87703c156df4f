package sandbox_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// statuses returns what n equal requests are answered with.
func (b *bench) statuses(n int, url string) []int {
	b.t.Helper()
	var got []int
	for range n {
		got = append(got, b.get(url).status)
	}
	return got
}

func (b *bench) same(want, got any) {
	b.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Errorf("-want +got:\n%s", diff)
	}
}

func (b *bench) states(ids ...string) []any {
	b.t.Helper()
	var got []any
	for _, id := range ids {
		got = append(got, b.report(id)["status"])
	}
	return got
}

// faultCases has a case for every fault; what is checked is what its sentence in the help says.
func faultCases() map[string]func(b *bench) {
	return map[string]func(b *bench){
		"slow=10": func(b *bench) {
			id := b.create(april(""))
			b.clock.forward(30*time.Second - 1)
			b.same([]any{"processing"}, b.states(id))
			b.clock.forward(1)
			b.same([]any{"succeeded"}, b.states(id))
		},
		"stuck=1": func(b *bench) {
			ids := []string{b.create(april("")), b.create(april(""))}
			b.clock.forward(10_000 * time.Hour)
			b.same([]any{"pending", "succeeded"}, b.states(ids...))
			b.same("pending", b.Created()[0].Status)
		},
		"fails=1": func(b *bench) {
			ids := []string{b.create(april("")), b.create(april(""))}
			b.clock.forward(time.Minute)
			b.same([]any{"failed", "succeeded"}, b.states(ids...))
			b.same("failed", b.Created()[0].Status)
		},
		"late=2": func(b *bench) {
			b.same([]int{404, 404, 200}, b.statuses(3, base+"/reports/"+b.create(april(""))))
		},
		"lost-create=1": func(b *bench) {
			post := func() (answer, error) {
				return b.try("POST", base+"/reports", april(""), "Idempotency-Key", "k")
			}
			if _, err := post(); !errors.Is(err, syscall.ECONNRESET) || b.Reports() != 1 {
				b.t.Errorf("%v and %d reports, want a reset and one", err, b.Reports())
			}
			if a, err := post(); err != nil || a.status != http.StatusOK || b.Reports() != 1 {
				b.t.Errorf("again: %d, %v, %d reports", a.status, err, b.Reports())
			}
		},
		"flaky=2": func(b *bench) {
			b.same([]int{200, 500, 200, 503, 200, 502}, b.statuses(6, base+"/fleets"))
		},
		"rate-limit=2": func(b *bench) {
			b.same(slices.Concat(slices.Repeat([]int{200}, 10), []int{429, 429, 200}), b.statuses(13, base+"/fleets"))
			b.statuses(9, base+"/fleets")
			a := b.get(base + "/fleets")
			b.same("1", a.header.Get("Retry-After"))
			b.same("rate_limit_exceeded", a.object(b.t).text("code"))
		},
		"truncated=1": func(b *bench) {
			a := b.get(base + "/fleets")
			if a.status != http.StatusOK || !errors.Is(a.err, io.ErrUnexpectedEOF) || json.Valid([]byte(a.body)) || a.body == "" {
				b.t.Errorf("%d %q (%v)", a.status, a.body, a.err)
			}
			b.get(base + "/fleets").ok(b.t)
		},
		"empty-list=1": func(b *bench) {
			b.create(april(""))
			b.same([]int{0, 1}, []int{
				len(b.get(base + "/reports").ok(b.t).rows()), len(b.get(base + "/reports").ok(b.t).rows()),
			})
		},
		"link-expires=2": func(b *bench) {
			r := b.finished(april(""))
			b.same([]int{200, 200, 403, 403}, b.statuses(4, r.text("url")))
			fresh := b.report(r.text("id")).text("url")
			b.same([]int{200, 200, 403}, b.statuses(3, fresh))
			bare, _, _ := strings.Cut(fresh, "?")
			b.same([]int{403}, b.statuses(1, bare))
		},
		"cut=2": func(b *bench) {
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
		"html-file=1": func(b *bench) {
			link, file := b.finishedFile()
			page := b.get(link)
			if page.status != http.StatusOK || !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || page.body == file {
				b.t.Errorf("%d %q", page.status, page.body)
			}
			b.same(file, b.get(link).body)
		},
		"no-range": func(b *bench) {
			link, file := b.finishedFile()
			a := b.get(link, "Range", "bytes=10-")
			b.same([]string{file, "", "", ""}, []string{
				a.body, a.header.Get("ETag"), a.header.Get("Last-Modified"), a.header.Get("Accept-Ranges"),
			})
			b.same(200, a.status)
		},
		"wrong-size": func(b *bench) {
			link, file := b.finishedFile()
			a := b.get(link)
			b.same(file[:len(file)-1], a.body)
			if a.err != nil {
				b.t.Errorf("the short file is not whole by its own account: %v", a.err)
			}
		},
	}
}

func (b *bench) finishedFile() (link, file string) {
	b.t.Helper()
	r := b.finished(april(""))
	bytes, _ := b.File(r.text("id"))
	return r.text("url"), string(bytes)
}

func TestFaults(t *testing.T) {
	tested := []string{"stall"} // in package inproc: it needs a bubble
	for text, check := range faultCases() {
		name, _, _ := strings.Cut(text, "=")
		tested = append(tested, name)
		t.Run(text, func(t *testing.T) { check(newBench(t, sandbox.Options{}, text)) })
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

func TestFaultsAddUp(t *testing.T) {
	b := newBench(t, sandbox.Options{}, "late=1", "fails=1", "slow=2", "link-expires")
	id := b.create(april(""))
	b.same([]int{404, 200}, b.statuses(2, base+"/reports/"+id))
	b.clock.forward(6 * time.Second)
	b.same([]any{"failed"}, b.states(id))
	b.same([]int{200}, b.statuses(1, b.finishedSecond()))
}

// finishedSecond makes a report after one that is late and failed and returns its link.
func (b *bench) finishedSecond() string {
	b.t.Helper()
	id := b.create(april(""))
	b.clock.forward(time.Minute)
	b.statuses(1, base+"/reports/"+id)
	return b.report(id).text("url")
}

func TestParseFaultRefuses(t *testing.T) {
	for text, named := range map[string]string{
		"":            "known are slow",
		"cuts":        "known are slow",
		"cut=":        "integer from 1",
		"cut=0":       "integer from 1",
		"cut=-1":      "integer from 1",
		"cut=1.5":     "integer from 1",
		"cut=1000001": "integer from 1",
		"no-range=1":  "takes no argument",
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
		f.Add(info.Name + "=7")
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
