package webhook

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

var ledgers = cmp.Options{cmp.AllowUnexported(ledger{}), cmpopts.EquateApproxTime(time.Millisecond)}

// faultyDisk counts what is done to files, and fails when told to.
type faultyDisk struct {
	syncs, writes atomic.Int64
	syncing       time.Duration // that a flush takes
	fail          atomic.Pointer[error]
}

func (d *faultyDisk) broken(err error) {
	if err == nil {
		d.fail.Store(nil)
		return
	}
	d.fail.Store(&err)
}

func (d *faultyDisk) error() error {
	if err := d.fail.Load(); err != nil {
		return *err
	}
	return nil
}

func (d *faultyDisk) system() disk.System {
	return disk.System{
		Write: func(file *os.File, data []byte) (int, error) {
			d.writes.Add(1)
			if err := d.error(); err != nil {
				n, _ := file.Write(data[:len(data)/2])
				return n, err
			}
			return file.Write(data)
		},
		Sync: func(*os.File) error {
			d.syncs.Add(1)
			time.Sleep(d.syncing)
			return d.error()
		},
	}
}

// openIn opens the journal of a folder, and has it run until the test ends, or stop is called.
func (d *faultyDisk) openIn(t *testing.T, dir string, took func(id string, at time.Time)) (j *journal, stop func()) {
	t.Helper()
	folder, err := disk.Open(dir, d.system(), func(text string) { t.Log(text) })
	if err != nil {
		t.Fatal(err)
	}
	if took == nil {
		took = func(string, time.Time) {}
	}
	if j, err = openJournal(folder, time.Now(), took); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() { j.run(ctx) })
	stop = sync.OnceFunc(func() {
		cancel()
		run.Wait()
		_ = folder.Close()
	})
	t.Cleanup(stop)
	return j, stop
}

func read(t *testing.T, text []byte) ledger {
	t.Helper()
	l := newLedger()
	if err := l.read(bytes.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	return l
}

func id(n int) string { return fmt.Sprintf("rpt_%032d", n) }

// records are those of a journal with a bit of everything.
func records(at time.Time) (text []byte, whole []int) {
	for _, r := range []record{
		{word: wordSince, at: at}, {wordAccepted, at.Add(time.Second), id(1)}, {wordAccepted, at.Add(2 * time.Second), id(2)},
		{wordDone, at.Add(3 * time.Second), id(1)}, {word: wordListed, at: at.Add(4 * time.Second)}, {wordAccepted, at.Add(5 * time.Second), id(3)},
	} {
		text = r.appendTo(text)
		whole = append(whole, len(text))
	}
	return text, whole
}

// TestATornJournalIsReadAsFarAsItIsWhole cuts a journal at every byte, as a power cut may.
func TestATornJournalIsReadAsFarAsItIsWhole(t *testing.T) {
	text, whole := records(time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC))
	for cut := range len(text) + 1 {
		end := 0
		for _, at := range whole {
			if at <= cut {
				end = at
			}
		}
		want := read(t, text[:end])
		for _, tail := range []string{"", "\x00\x00\x00\x00", strings.Repeat("\x00", 5000), "x\n\n"} {
			if diff := cmp.Diff(want, read(t, append(bytes.Clone(text[:cut]), tail...)), ledgers); diff != "" {
				t.Fatalf("cut at %d, then %d bytes (-want +got):\n%s", cut, len(tail), diff)
			}
		}
	}
}

// TestADamagedLineCountsAsNotThere flips each byte of the third line: the others are read all the same.
func TestADamagedLineCountsAsNotThere(t *testing.T) {
	text, whole := records(time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC))
	want := read(t, append(bytes.Clone(text[:whole[1]]), text[whole[2]:]...))
	for i := whole[1]; i < whole[2]-1; i++ {
		damaged := bytes.Clone(text)
		damaged[i] ^= 0x10
		if diff := cmp.Diff(want, read(t, damaged), ledgers); diff != "" {
			t.Fatalf("byte %d (-want +got):\n%s", i, diff)
		}
	}
	long := append(bytes.Clone(text[:whole[1]]), []byte(strings.Repeat("x", 10<<10)+"\n")...)
	if diff := cmp.Diff(want, read(t, append(long, text[whole[2]:]...)), ledgers); diff != "" {
		t.Errorf("a long line (-want +got):\n%s", diff)
	}
	if got := read(t, text[whole[0]:]); !got.since.Equal(time.Date(2026, 3, 3, 14, 5, 24, 789e6, time.UTC)) {
		t.Errorf("without its first line the journal is from %s", got.since)
	}
}

func TestAJournalIsReadLineByLine(t *testing.T) {
	garbage := bytes.Repeat([]byte("accepted "), 4<<20/9)
	one := record{wordAccepted, time.Now(), id(1)}
	file := slices.Concat(garbage, []byte("\n"), one.appendTo(nil), garbage)
	l := newLedger()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := l.read(bytes.NewReader(file))
	runtime.ReadMemStats(&after)
	if _, ok := l.waiting[one.id]; !ok || len(l.waiting) != 1 || err != nil {
		t.Errorf("%v, %v", l.waiting, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > 1<<20 {
		t.Errorf("took %d bytes of memory for %d", took, len(file))
	}
}

func TestRecordsThatAreNoneOfOurs(t *testing.T) {
	whole := func(text string) string {
		return strings.TrimSuffix(string(record{word: text, at: time.Unix(0, 0)}.appendTo(nil)), "\n")
	}
	for _, line := range []string{"", " ", "done", whole("accepted"), whole("done"), whole("since x"), whole("done rpt_1"), whole("")[1:], whole("since") + " "} {
		if r, ok := parseRecord(line + "\n"); ok {
			t.Errorf("%q is read as %+v", line, r)
		}
	}
	if r, ok := parseRecord(whole("since")); ok {
		t.Errorf("without its end a line is read as %+v", r)
	}
	if r, ok := parseRecord(whole("of-a-later-version") + "\n"); !ok || r.word != "of-a-later-version" {
		t.Errorf("%+v, %v", r, ok)
	}
}

// FuzzJournal: whatever is on disk, it is read, and what is written of it says the same.
func FuzzJournal(f *testing.F) {
	text, _ := records(time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC))
	f.Add(text)
	f.Add(text[:len(text)-3])
	f.Add(append([]byte("garbage\n\x00"), text...))
	f.Fuzz(func(t *testing.T, text []byte) {
		first := read(t, text)
		for id := range first.waiting {
			if _, done := first.done[id]; done || charge.CheckID(charge.ReportPrefix, id) != nil {
				t.Errorf("%q waits", id)
			}
		}
		var again bytes.Buffer
		if err := first.write(&again, first.since); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first, read(t, again.Bytes()), ledgers, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("-read +read again:\n%s", diff)
		}
	})
}

// TestAJournalForgetsWhatNobodyAsksForAnyMore: what is done is remembered for a month, and as long as catch-up reads back.
func TestAJournalForgetsWhatNobodyAsksForAnyMore(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, -n) }
	l := newLedger()
	l.take(record{word: wordSince, at: day(200)})
	l.take(record{wordDone, day(150), id(1)})
	l.take(record{wordDone, day(90), id(2)})
	l.take(record{wordDone, day(20), id(3)})
	l.take(record{wordAccepted, day(180), id(4)})
	l.take(record{word: wordListed, at: day(100)})
	var text bytes.Buffer
	if err := l.write(&text, now); err != nil {
		t.Fatal(err)
	}
	got := read(t, text.Bytes())
	want := ledger{since: day(200), listed: day(100), waiting: map[string]time.Time{id(4): day(180)}, done: map[string]time.Time{id(2): day(90), id(3): day(20)}}
	if diff := cmp.Diff(want, got, ledgers); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRequestsShareAFlush: those that arrive while one is under way share the next, so that a slow disk is flushed no more
// often, and a fast one no more than every 12 ms.
func TestRequestsShareAFlush(t *testing.T) {
	for _, syncing := range []time.Duration{0, 40 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			d := &faultyDisk{}
			var took atomic.Int64
			j, _ := d.openIn(t, t.TempDir(), func(string, time.Time) { took.Add(1) })
			d.syncing = syncing
			before := d.syncs.Load()
			began := time.Now()
			var all sync.WaitGroup
			for i := range 500 {
				time.Sleep(2 * time.Millisecond)
				all.Go(func() {
					asked := time.Now()
					if err := j.accept(t.Context(), asked, id(i)); err != nil {
						t.Error(err)
					}
					if late := time.Since(asked); late > 2*syncing+2*syncEvery {
						t.Errorf("it took %s", late)
					}
				})
			}
			all.Wait()
			syncs := d.syncs.Load() - before
			if rate := float64(syncs) / time.Since(began).Seconds(); rate > 100 || syncs < 10 {
				t.Errorf("%d flushes of %s, %.0f a second", syncs, syncing, rate)
			}
			if took.Load() != 500 {
				t.Errorf("%d were taken on", took.Load())
			}
		})
	}
}

// TestOneReportIsTakenOnOnce, however many say so and whenever.
func TestOneReportIsTakenOnOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &faultyDisk{syncing: 30 * time.Millisecond}
		dir := t.TempDir()
		var took []string
		j, stop := d.openIn(t, dir, func(id string, _ time.Time) { took = append(took, id) })
		var all sync.WaitGroup
		for range 50 {
			time.Sleep(time.Millisecond)
			all.Go(func() {
				if err := j.accept(t.Context(), time.Now(), id(1), id(2), id(1)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		j.note(record{wordDone, time.Now(), id(1)})
		if err := j.accept(t.Context(), time.Now(), id(1), id(2)); err != nil {
			t.Error(err)
		}
		if len(took) != 2 {
			t.Errorf("%v were taken on", took)
		}
		stop()
		text, err := os.ReadFile(filepath.Join(dir, journalName))
		if err != nil || strings.Count(string(text), wordAccepted) != 2 {
			t.Errorf("%v\n%s", err, text)
		}
		again, _ := d.openIn(t, dir, nil)
		if n, _ := again.backlog(); n != 1 {
			t.Errorf("%d wait after a start", n)
		}
	})
}

// TestAFullDiskAcceptsNothingAndRecovers: what accept has returned nil for is there, and nothing else is promised.
func TestAFullDiskAcceptsNothingAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &faultyDisk{}
		dir := t.TempDir()
		took := map[string]bool{}
		j, stop := d.openIn(t, dir, func(id string, _ time.Time) { took[id] = true })
		accept := func(n int) error { return j.accept(t.Context(), time.Now(), id(n)) }
		if err := accept(1); err != nil {
			t.Fatal(err)
		}
		d.broken(syscall.ENOSPC)
		before := d.writes.Load()
		for n := 2; n < 100; n++ {
			if err := accept(n); charge.KindOf(err) != charge.KindOutput || !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			j.note(record{wordDone, time.Now(), id(1)})
		}
		if tries := d.writes.Load() - before; tries > 5 {
			t.Errorf("%d writes to a full disk within two seconds", tries)
		}
		d.broken(nil)
		time.Sleep(2 * renewEvery)
		if err := accept(100); err != nil {
			t.Fatal(err)
		}
		if !took[id(1)] || took[id(2)] || !took[id(100)] {
			t.Errorf("taken on: %v", took)
		}
		stop()
		again, _ := d.openIn(t, dir, nil)
		waiting := again.ledger.waiting
		if _, ok := waiting[id(100)]; !ok || len(waiting) != 1 {
			t.Errorf("%v wait after a start", waiting)
		}
	})
}

// TestAFlushThatFailsIsNotBelievedLater: the kernel may have dropped what it could not write, and says so once.
func TestAFlushThatFailsIsNotBelievedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		d := &faultyDisk{}
		j, _ := d.openIn(t, dir, nil)
		first, err := os.Stat(filepath.Join(dir, journalName))
		if err != nil {
			t.Fatal(err)
		}
		d.broken(syscall.EIO)
		if err := j.accept(t.Context(), time.Now(), id(1)); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		d.broken(nil)
		time.Sleep(2 * renewEvery)
		if err := j.accept(t.Context(), time.Now(), id(1)); err != nil {
			t.Fatal(err)
		}
		second, err := os.Stat(filepath.Join(dir, journalName))
		if err != nil || os.SameFile(first, second) {
			t.Errorf("the journal is the same file, %v", err)
		}
	})
}

// TestAFlushThatFailsAgainSaysWhy: within a second of a new file, whose first flush worked, no other is tried.
func TestAFlushThatFailsAgainSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &faultyDisk{}
		j, _ := d.openIn(t, t.TempDir(), nil)
		time.Sleep(2 * renewEvery)
		for n := range 5 {
			d.broken(syscall.EIO)
			if err := j.accept(t.Context(), time.Now(), id(n)); !errors.Is(err, syscall.EIO) {
				t.Fatal(err)
			}
			d.broken(nil)
			if n == 0 {
				time.Sleep(2 * renewEvery)
				if err := j.accept(t.Context(), time.Now(), id(100)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := j.accept(t.Context(), time.Now(), id(1)); !errors.Is(err, syscall.EIO) {
			t.Errorf("right after it: %v", err)
		}
		time.Sleep(2 * renewEvery)
		if err := j.accept(t.Context(), time.Now(), id(1)); err != nil {
			t.Errorf("two seconds later: %v", err)
		}
	})
}

// TestAcceptEndsWithItsRequest, and the report is taken on all the same.
func TestAcceptEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &faultyDisk{}
		var took atomic.Int64
		j, _ := d.openIn(t, t.TempDir(), func(string, time.Time) { took.Add(1) })
		d.syncing = time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := j.accept(ctx, time.Now(), id(1)); charge.KindOf(err) != charge.KindDeadline {
			t.Error(err)
		}
		time.Sleep(2 * time.Minute)
		if took.Load() != 1 {
			t.Errorf("%d were taken on", took.Load())
		}
	})
}

func TestAJournalThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, journalName), 0o700); err != nil {
		t.Fatal(err)
	}
	folder, err := disk.Open(dir, disk.System{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	if _, err := openJournal(folder, time.Now(), nil); charge.KindOf(err) != charge.KindOutput {
		t.Errorf("a folder: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, journalName)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("elsewhere", filepath.Join(dir, journalName)); err != nil {
		t.Skip(err)
	}
	if _, err := openJournal(folder, time.Now(), nil); charge.KindOf(err) != charge.KindOutput {
		t.Errorf("a link: %v", err)
	}
}
