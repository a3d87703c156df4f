package download

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

type answer = func(charge.FileRange) (*charge.File, error)

var (
	start     = charge.FileRange{}
	fromHalf  = charge.FileRange{Offset: half, Validator: tag}
	leftovers = []string{"a.csv.part", "a.csv.part.json"}
)

func stalled() error { return charge.Errorf(charge.KindTemporary, "stalled: no byte for 30 s") }

func unsized(f *charge.File)     { f.End, f.Total = -1, -1 }
func unvalidated(f *charge.File) { f.Validator = "" }

// TestTransferArrives is about answers after which the file is there all the same.
func TestTransferArrives(t *testing.T) {
	cut := cutAfter(half, io.ErrUnexpectedEOF)
	for name, tt := range map[string]struct {
		answers []answer
		want    []charge.FileRange
	}{
		"at once":                     {nil, []charge.FileRange{start}},
		"resumed after a cut":         {[]answer{cut}, []charge.FileRange{start, fromHalf}},
		"resumed after a reset":       {[]answer{cutAfter(half, syscall.ECONNRESET)}, []charge.FileRange{start, fromHalf}},
		"resumed after a stall":       {[]answer{cutAfter(half, stalled())}, []charge.FileRange{start, fromHalf}},
		"cut before the first byte":   {[]answer{cutAfter(0, io.ErrUnexpectedEOF)}, []charge.FileRange{start, start}},
		"reset after the last byte":   {[]answer{cutAfter(2*half, syscall.ECONNRESET)}, []charge.FileRange{start}},
		"the host is away for a time": {repeat(4, refuse(charge.KindTemporary, 503)), repeat(5, start)},
		"without a length": {
			[]answer{change(unsized)}, []charge.FileRange{start},
		},
		"without a length, and shorter": {
			[]answer{change(func(f *charge.File) { unsized(f); f.Body = body(content()[:half], io.EOF) })},
			[]charge.FileRange{start, fromHalf},
		},
		"shorter than its own length": {
			[]answer{cutAfter(half, io.EOF)}, []charge.FileRange{start, fromHalf},
		},
		"a page instead": {
			[]answer{refuse(charge.KindTemporary, 0)}, []charge.FileRange{start, start},
		},
		"200 restarts": {
			[]answer{cut, func(charge.FileRange) (*charge.File, error) { return honest(content(), start), nil }},
			[]charge.FileRange{start, fromHalf},
		},
		"no validator starts again": {
			[]answer{change(func(f *charge.File) { unvalidated(f); f.Body = body(content()[:half], io.ErrUnexpectedEOF) })},
			[]charge.FileRange{start, start},
		},
		"206 from another byte": {
			[]answer{cut, change(func(f *charge.File) { f.Offset++ })}, []charge.FileRange{start, fromHalf, start},
		},
		"206 from nowhere": {
			[]answer{cut, change(func(f *charge.File) { f.Offset = -1 })}, []charge.FileRange{start, fromHalf, start},
		},
		"206 of another version": {
			[]answer{cut, change(func(f *charge.File) { f.Validator = `"v2"` })}, []charge.FileRange{start, fromHalf, start},
		},
		"206 without its validator": {
			[]answer{cut, change(unvalidated)}, []charge.FileRange{start, fromHalf},
		},
		"206 of less than the rest": {
			[]answer{cut, change(func(f *charge.File) { f.End = half + 10; f.Body = io.NopCloser(io.LimitReader(f.Body, 10)) })},
			[]charge.FileRange{start, fromHalf, {Offset: half + 10, Validator: tag}},
		},
		"206 of more than it says": {
			[]answer{cut, change(func(f *charge.File) { f.End = half + 10 })}, []charge.FileRange{start, fromHalf, start},
		},
		"416 short of the size": {
			[]answer{cut, func(charge.FileRange) (*charge.File, error) {
				return &charge.File{HTTPStatus: 416, Offset: -1, End: -1, Total: half, Body: body(nil, io.EOF)}, nil
			}}, []charge.FileRange{start, fromHalf, start},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				w.script(tt.answers...)
				if skipped, err := w.toFile("a.csv", Skip); skipped || err != nil {
					t.Fatalf("skipped %v, %v", skipped, err)
				}
				w.wantFile("a.csv", content())
				w.wantOnly("a.csv")
				w.wantAsked(tt.want...)
			})
		})
	}
}

// TestTransferEnds is about answers after which the file is not there: nothing has its name, and only what a later
// run can continue is left.
func TestTransferEnds(t *testing.T) {
	cut := cutAfter(half, io.ErrUnexpectedEOF)
	sized := func(n int64) answer { return change(func(f *charge.File) { f.End, f.Total = n, n }) }
	for name, tt := range map[string]struct {
		answers []answer
		kind    charge.Kind
		asked   int
		left    []string
	}{
		"shorter by its length":     {[]answer{sized(2*half - 1)}, charge.KindOutput, 1, nil},
		"longer by its length":      {[]answer{sized(2*half + 1)}, charge.KindOutput, 1, nil},
		"shorter by a later length": {[]answer{cut, change(func(f *charge.File) { f.Total-- })}, charge.KindOutput, 2, leftovers},
		"shorter by an end alone": {
			[]answer{cut, change(func(f *charge.File) { f.Total = -1; f.End-- })}, charge.KindOutput, 2, leftovers,
		},
		"longer without a length": {
			[]answer{change(func(f *charge.File) { unsized(f); f.Body = body(append(content(), 'x'), io.EOF) })}, charge.KindOutput, 1, nil,
		},
		"longer after its length": {
			[]answer{change(func(f *charge.File) { f.Body = body(append(content(), 'x'), io.EOF) })}, charge.KindOutput, 1, nil,
		},
		"five without a byte":         {repeat(5, refuse(charge.KindTemporary, 503)), charge.KindTemporary, 5, nil},
		"five pages":                  {repeat(5, refuse(charge.KindTemporary, 200)), charge.KindTemporary, 5, nil},
		"five after a byte":           {append([]answer{cut}, repeat(5, refuse(charge.KindTemporary, 0))...), charge.KindTemporary, 6, leftovers},
		"five cuts at the same place": {repeat(6, change(func(f *charge.File) { unvalidated(f); f.Body = body(content()[:half], io.ErrUnexpectedEOF) })), charge.KindTemporary, 6, nil},
		"an untrusted certificate":    {repeat(1, refuse(charge.KindCertificate, 0)), charge.KindCertificate, 1, nil},
		"a redirect to plain HTTP":    {[]answer{cut, refuse(charge.KindRefused, 0)}, charge.KindRefused, 2, leftovers},
		"five dead links":             {repeat(5, refuse(charge.KindTemporary, 403)), charge.KindTemporary, 5, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				w.script(tt.answers...)
				_, err := w.toFile("a.csv", Skip)
				if e := wantKind(t, err, tt.kind); e.Op == "" || e.Reason == "" || e.Report != "rpt_1" {
					t.Errorf("%#v does not say what failed", e)
				}
				w.wantOnly(tt.left...)
				if len(w.asked) != tt.asked {
					t.Errorf("asked %d times, want %d", len(w.asked), tt.asked)
				}
			})
		})
	}
}

// TestProgressKeepsATransferAlive brings a few bytes an attempt, with four failures between: far more than five
// attempts, never five without a byte.
func TestProgressKeepsATransferAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFileTest(t)
		w.host = func(n int, r charge.FileRange) (*charge.File, error) {
			if n%5 != 1 {
				return refuse(charge.KindTemporary, 503)(r)
			}
			return cutAfter(10_000, io.ErrUnexpectedEOF)(r)
		}
		if _, err := w.toFile("a.csv", Skip); err != nil {
			t.Fatal(err)
		}
		w.wantFile("a.csv", content())
		if len(w.asked) != 14*5+1 {
			t.Errorf("asked %d times", len(w.asked))
		}
	})
}

func TestTransferPace(t *testing.T) {
	busy := func(after time.Duration) answer {
		return func(charge.FileRange) (*charge.File, error) {
			return nil, &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, RetryAfter: after}
		}
	}
	for name, tt := range map[string]struct {
		answers []answer
		want    time.Duration
	}{
		"doubling":                 {repeat(4, refuse(charge.KindTemporary, 0)), 7500 * time.Millisecond},
		"as the host asks":         {repeat(2, busy(7*time.Second)), 14 * time.Second},
		"no longer than a minute":  {repeat(1, busy(time.Hour)), time.Minute},
		"from the start by a byte": {repeat(3, cutAfter(100, io.ErrUnexpectedEOF)), 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				w.script(tt.answers...)
				began := time.Now()
				if _, err := w.toFile("a.csv", Skip); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != tt.want {
					t.Errorf("%v of pauses, want %v", took, tt.want)
				}
			})
		})
	}
}

func TestFreshLink(t *testing.T) {
	for _, status := range []int{401, 403, 404, 410} {
		synctest.Test(t, func(t *testing.T) {
			w := newFileTest(t)
			w.script(cutAfter(half, io.ErrUnexpectedEOF), refuse(charge.KindTemporary, status))
			w.fresh = func() (charge.Report, error) {
				fresh := w.report
				fresh.URL = "https://files/2"
				return fresh, nil
			}
			if _, err := w.toFile("a.csv", Skip); err != nil {
				t.Fatal(err)
			}
			w.wantFile("a.csv", content())
			w.wantAsked(start, fromHalf, fromHalf)
			if w.urls[2] != "https://files/2" {
				t.Errorf("%d: asked at %v", status, w.urls)
			}
		})
	}
}

func TestNoFreshLink(t *testing.T) {
	for name, tt := range map[string]struct {
		get  func(charge.Report) (charge.Report, error)
		kind charge.Kind
	}{
		"failed":     {func(r charge.Report) (charge.Report, error) { r.Status = charge.Failed; return r, nil }, charge.KindFailed},
		"gone":       {func(r charge.Report) (charge.Report, error) { return r, charge.Errorf(charge.KindNotFound, "gone") }, charge.KindNotFound},
		"refused":    {func(r charge.Report) (charge.Report, error) { return r, charge.Errorf(charge.KindAuth, "no") }, charge.KindAuth},
		"away":       {func(r charge.Report) (charge.Report, error) { return r, charge.Errorf(charge.KindTemporary, "503") }, charge.KindTemporary},
		"unlinked":   {func(r charge.Report) (charge.Report, error) { r.URL = ""; return r, nil }, charge.KindTemporary},
		"other size": {func(r charge.Report) (charge.Report, error) { r.Size++; return r, nil }, charge.KindOutput},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				first := w.report
				w.fresh = func() (charge.Report, error) { return tt.get(first) }
				w.script(refuse(charge.KindTemporary, 403))
				if name == "away" {
					w.host = func(_ int, r charge.FileRange) (*charge.File, error) { return refuse(charge.KindTemporary, 403)(r) }
				}
				_, err := w.toFile("a.csv", Skip)
				wantKind(t, err, tt.kind)
				w.wantOnly()
			})
		})
	}
}

// fakeSink takes bytes until it is full.
type fakeSink struct {
	held int64
	room int64
}

var errFull = errors.New("no space left on device")

func (s *fakeSink) Write(b []byte) (int, error) {
	if s.held+int64(len(b)) > s.room {
		n := s.room - s.held
		s.held = s.room
		return int(n), disk.OutputError("write a.csv.part", errFull)
	}
	s.held += int64(len(b))
	return len(b), nil
}

func (s *fakeSink) Offset() int64     { return s.held }
func (s *fakeSink) Validator() string { return tag }

func (s *fakeSink) Restart(string, int64) error {
	s.held = 0
	return nil
}

func TestDiskFull(t *testing.T) {
	w := newFileTest(t)
	sink := &fakeSink{room: half}
	tr := &transfer{Source: w.source(), report: w.report, sink: sink, path: "a.csv"}
	e := wantKind(t, tr.run(t.Context()), charge.KindOutput)
	if !errors.Is(e, errFull) || e.Op != "write a.csv.part" || len(w.asked) != 1 || sink.held != half {
		t.Errorf("%v after %d requests, %d bytes held", e, len(w.asked), sink.held)
	}
	sink.room = 2 * half
	if err := tr.run(t.Context()); err != nil || sink.held != 2*half {
		t.Errorf("with room again: %v, %d bytes held", err, sink.held)
	}
	w.wantAsked(start, fromHalf)
}
