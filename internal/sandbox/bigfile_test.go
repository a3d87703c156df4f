package sandbox_test

import (
	"encoding/csv"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// TestBigFile: a file of a given size is a table like others, of one size whatever its report, and any part of it is
// the same as that part of the whole.
func TestBigFile(t *testing.T) {
	const size = 100_000
	b := newSandboxTest(t, sandbox.Options{Size: size})
	r := b.finished(april(""))
	whole := b.get(r.text("url"))
	rows, err := csv.NewReader(strings.NewReader(whole.body)).ReadAll()
	if err != nil || len(whole.body) > size || len(whole.body) < size-200 || r["size"] != float64(len(whole.body)) {
		t.Fatalf("%d bytes, %v says the report (%v)", len(whole.body), r["size"], err)
	}
	for _, row := range rows[1:] {
		if first, last := row[5], row[6]; first < "2026-04-01" || last < first || last >= "2026-05-01" {
			t.Errorf("%q", row)
		}
	}
	for _, at := range [][2]int{{0, 0}, {0, 68}, {69, 69}, {70, 300}, {50_000, 50_108}, {len(whole.body) - 1, len(whole.body) - 1}} {
		a := b.get(r.text("url"), "Range", "bytes="+itoa(at[0])+"-"+itoa(at[1]))
		b.same([]any{206, whole.body[at[0] : at[1]+1]}, []any{a.status, a.body})
	}
	b.same(416, b.get(r.text("url"), "Range", "bytes="+itoa(len(whole.body))+"-").status)
	b.same(whole.body, b.get(b.finished(april("")).text("url")).body)
	other := b.get(b.finished(april(b.fleet(1))).text("url"))
	if other.body == whole.body || len(other.body) != len(whole.body) || other.header.Get("ETag") == whole.header.Get("ETag") {
		t.Error("another fleet's file is the same, or of another size")
	}
	last := newSandboxTest(t, sandbox.Options{Size: size}, "wrong-size", "no-range")
	short := last.finished(april(""))
	b.same([]any{whole.body[:len(whole.body)-1], short["size"]}, []any{last.get(short.text("url")).body, float64(len(whole.body))})
	b.same(2, strings.Count(newSandboxTest(t, sandbox.Options{Size: 1}).finishedBody(), "\n"))
}

// TestBigFileIsNotHeld: a file that is read allocates next to nothing, however large it is.
func TestBigFileIsNotHeld(t *testing.T) {
	const size, most = 8_000_000, 2_000_000
	b := newSandboxTest(t, sandbox.Options{Size: size})
	link := b.finished(april("")).text("url")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	counted := &counter{header: http.Header{}}
	b.Files().ServeHTTP(counted, httptest.NewRequest(http.MethodGet, link, nil))
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > most || counted.n < size-200 {
		t.Errorf("%d bytes took %d bytes of memory, want %d at most", counted.n, got, most)
	}
}

// counter is a response of which only the length is kept.
type counter struct {
	header http.Header
	n      int
}

func (c *counter) Header() http.Header { return c.header }
func (c *counter) WriteHeader(int)     {}
func (c *counter) Write(p []byte) (int, error) {
	c.n += len(p)
	return len(p), nil
}

func (b *sandboxTest) finishedBody() string {
	b.t.Helper()
	return b.get(b.finished(april("")).text("url")).body
}

// TestReadyReports: they are there and ready from the start, cost no create, and no fault of created ones hits them.
func TestReadyReports(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{Ready: 5_000, MaxOpen: 1}, "stuck=1", "fails=2")
	page := b.get(base + "/reports?limit=100").ok(t).rows()
	b.same(100, len(page))
	for _, r := range page {
		if r["status"] != "succeeded" || r.text("succeeded_at") > b.clock.Now().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("%v", r)
		}
	}
	b.same(false, slices.ContainsFunc(page, func(r object) bool {
		return r.text("id") == page[0].text("id") && r.text("created") != page[0].text("created")
	}))
	b.get(page[99].text("url"))
	b.same(0, len(b.get(base+"/reports?status=pending").ok(t).rows()))
	id := b.create(april(""))
	b.clock.forward(time.Hour)
	b.same([]any{"pending"}, b.states(id))
	b.same(id, b.get(base + "/reports").ok(t).rows()[0].text("id"))
}

func TestGenerationTimeBetween(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{GenerationTime: 10 * time.Second, LongestGeneration: 20 * time.Second})
	var ids []string
	for range 50 {
		ids = append(ids, b.create(april("")))
	}
	ready := func() (n int) {
		for _, status := range b.states(ids...) {
			if status == "succeeded" {
				n++
			}
		}
		return n
	}
	b.clock.forward(10*time.Second - 1)
	before := ready()
	b.clock.forward(5 * time.Second)
	midway := ready()
	b.clock.forward(5*time.Second + 1)
	if before != 0 || midway == 0 || midway == 50 || ready() != 50 {
		t.Errorf("%d, then %d, then %d of 50 are ready", before, midway, ready())
	}
}
