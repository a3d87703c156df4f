package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/folder"
)

// numbers decodes parameters as the command line does.
func compact(t *testing.T, indented []byte) string {
	t.Helper()
	var text bytes.Buffer
	if err := json.Compact(&text, indented); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func status(kind charge.Kind, code int) error {
	return &charge.Error{Kind: kind, HTTPStatus: code, Reason: "the API said " + http.StatusText(code)}
}

// failing says which reports fail.
func failed(numbers ...int) func(int) bool {
	return func(n int) bool { return slices.Contains(numbers, n) }
}

func TestAttempts(t *testing.T) {
	type step struct {
		after   time.Duration
		want    string
		reports int // that exist then
	}
	for name, c := range map[string]struct {
		fails func(int) bool
		steps []step
	}{
		"it succeeds, and is never asked for again":      {failed(), []step{{0, "ok", 1}, {time.Hour, "skip", 1}, {48 * time.Hour, "skip", 1}}},
		"a run makes one attempt where it waited":        {failed(1), []step{{0, "failed", 1}, {time.Hour, "ok", 2}}},
		"a run that follows at once knows an old report": {failed(1), []step{{0, "failed", 1}, {0, "ok", 2}}},
		"three attempts, then none until keys expire": {failed(1, 2, 3), []step{
			{0, "failed", 1}, {time.Hour, "failed", 2}, {time.Hour, "failed", 3}, {time.Hour, "failed", 3}, {time.Hour, "failed", 3}, {24 * time.Hour, "ok", 4},
		}},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, time.Second, "1990-01")
			s.fails = c.fails
			for i, step := range c.steps {
				time.Sleep(step.after)
				if got := s.run(); got[0] != step.want || len(s.reports) != step.reports {
					t.Errorf("run %d: %s with %d reports, want %s with %d", i+1, got[0], len(s.reports), step.want, step.reports)
				}
			}
		})
	}
}

// TestNoKeyIsADeadEnd has keys that live for ever lead to reports that are of no use any more: the item goes on under a
// dated key, which makes at most one new report a day.
func TestNoKeyIsADeadEnd(t *testing.T) {
	const day = 24 * time.Hour
	type step struct {
		after   time.Duration
		want    string
		reports int // that exist then
	}
	notFound := func(ids ...string) func(string, time.Duration) error {
		return func(id string, _ time.Duration) error {
			if slices.Contains(ids, id) {
				return fault(charge.KindNotFound)
			}
			return nil
		}
	}
	for name, c := range map[string]struct {
		change func(s *syncTest)
		steps  []step
	}{
		"a report that is gone": {func(s *syncTest) { s.unseen = notFound("rpt_1") }, []step{{0, "not_found", 1}, {time.Hour, "ok", 2}, {day, "skip", 2}}},
		"the dated one too, until the next day": {func(s *syncTest) { s.unseen = notFound("rpt_1", "rpt_2") }, []step{
			{0, "not_found", 1}, {time.Hour, "not_found", 2}, {time.Hour, "not_found", 2}, {time.Hour, "not_found", 2}, {day, "ok", 3},
		}},
		"a file that is gone": {func(s *syncTest) { s.gone = []string{"rpt_1"} }, []step{{0, "temporary", 1}, {time.Hour, "ok", 2}}},
		"three attempts that failed on an earlier day": {func(s *syncTest) { s.fails = failed(1, 2, 3) }, []step{
			{0, "failed", 1}, {time.Hour, "failed", 2}, {time.Hour, "failed", 3}, {time.Hour, "failed", 3}, {day, "ok", 4},
		}},
		"every attempt fails": {func(s *syncTest) { s.fails = func(int) bool { return true } }, []step{
			{0, "failed", 1}, {time.Hour, "failed", 2}, {time.Hour, "failed", 3}, {time.Hour, "failed", 3},
			{day, "failed", 4}, {time.Hour, "failed", 4}, {day, "failed", 5}, {time.Hour, "failed", 5},
		}},
		"a report of something else": {func(s *syncTest) {
			s.wrong = func(n int) bool { return n == 1 }
		}, []step{{0, "usage", 1}, {time.Hour, "ok", 2}}},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, time.Minute, "1990-01")
			s.keep = true
			c.change(s)
			for i, step := range c.steps {
				time.Sleep(step.after)
				if got := s.run(); got[0] != step.want || len(s.reports) != step.reports {
					t.Fatalf("run %d: %s with %d reports, want %s with %d", i+1, got[0], len(s.reports), step.want, step.reports)
				}
			}
		})
	}
}

// TestTheServersClockCounts has this machine's clock a month ahead: the open month is not written, and made anew once it
// has ended at the server.
func TestTheServersClockCounts(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-01")
		s.keep = true
		s.plan.Periods, s.plan.Now = months("2000-01", "2000-01"), clock("2000-02-02T00:00:00Z")
		all, err := s.outcomes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if e := wantKind(t, all[0].Err, charge.KindUsage); !strings.Contains(e.Reason, "clock is ahead") {
			t.Error(e)
		}
		time.Sleep(40 * 24 * time.Hour)
		if got := s.run(); got[0] != "ok" || len(s.reports) != 2 {
			t.Errorf("%v with %d reports", got, len(s.reports))
		}
	})
}

// TestNothingIsAskedForThatCannotBeWritten: an unwritable folder costs no report; one in which all is there is fine.
func TestNothingIsAskedForThatCannotBeWritten(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-02")
		s.Disk.Access = func(string) error { return syscall.EROFS }
		_, err := s.outcomes(t.Context())
		wantKind(t, err, charge.KindOutput)
		if len(s.creates) > 0 {
			t.Errorf("%d reports were asked for", len(s.creates))
		}
		s.write("summary_1990-01.csv", []byte(rows))
		s.write("summary_1990-02.csv", []byte(rows))
		if got := s.run(); !cmp.Equal(got, repeat(2, "skip")) {
			t.Errorf("%v", got)
		}
	})
}

func TestSecondRunAsksForNothing(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-03")
		s.run()
		asked := len(s.creates)
		if got := s.run(); len(s.creates) != asked || !cmp.Equal(got, repeat(3, "skip")) {
			t.Errorf("%v after %d creates", got, len(s.creates)-asked)
		}
		s.wantOnly(".chargectl.lock", "summary_1990-01.csv", "summary_1990-02.csv", "summary_1990-03.csv")
	})
}

// TestAnotherMachine has a second folder ask for what a first run, ended before its report, has asked for.
func TestAnotherMachine(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Hour, "1990-12")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.outcomes(ctx); err != nil {
			t.Fatal(err)
		}
		s.dir = t.TempDir()
		s.options.Dir = s.dir
		if got := s.run(); !cmp.Equal(got, repeat(12, "ok")) || len(s.reports) != 12 {
			t.Errorf("%v, %d reports", got, len(s.reports))
		}
	})
}

// TestOldestFirst: creates are under way a few at a time, so that one may overtake another, but not by much.
func TestOldestFirst(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1998-12")
		s.run()
		got := s.fakeAPI.months()
		moved := 0
		for i, month := range slices.Sorted(slices.Values(got)) {
			moved += max(i-slices.Index(got, month), slices.Index(got, month)-i)
		}
		if len(got) != 108 || moved > creating*len(got) {
			t.Errorf("moved by %d places: %v", moved, got)
		}
	})
}

// TestConflict: another machine's request under the same key may be in flight, but not for ever.
func TestConflict(t *testing.T) {
	conflict := status(charge.KindUsage, http.StatusConflict)
	for name, c := range map[string]struct {
		lasts time.Duration
		want  string
		took  time.Duration
	}{
		"for nine seconds": {9 * time.Second, "ok", time.Minute},
		"for ever":         {time.Hour, "usage", inFlight},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, time.Second, "1990-01")
			s.refuse = func(int, int) error {
				if time.Since(s.start) < c.lasts {
					return conflict
				}
				return nil
			}
			if got := s.run(); got[0] != c.want || time.Since(s.start) > c.took {
				t.Errorf("%s after %s", got[0], time.Since(s.start))
			}
		})
	}
	inBubble(t, "after the server was full for long", func(t *testing.T) {
		s := newSyncTest(t, time.Second, "1990-01")
		s.refuse = func(n int, _ int) error {
			return []error{status(charge.KindTemporary, http.StatusTooManyRequests), conflict, nil}[min(n, 3)-1]
		}
		if got := s.run(); got[0] != "ok" {
			t.Errorf("%s: the ten seconds count from the first conflict", got[0])
		}
	})
}

// TestFullServer: a limit of open reports costs few requests and no item.
func TestFullServer(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, 10*time.Minute, "1992-12")
		s.refuse = func(_ int, open int) error {
			if open >= 5 {
				return status(charge.KindTemporary, http.StatusTooManyRequests)
			}
			return nil
		}
		if got := s.run(); !cmp.Equal(got, repeat(36, "ok")) || s.most != 5 {
			t.Errorf("%v, %d open at once", got, s.most)
		}
		// One for each place that was free again, and one for each pause in which none was.
		if refused, pauses := len(s.creates)-36, int(time.Since(s.start)/fullPause); refused > 36+pauses+creating {
			t.Errorf("%d creates were refused in %d pauses", refused, pauses)
		}
	})
}

// slowly is a Creator that takes a while.
type slowly struct{ Creator }

func (c slowly) CreateReport(ctx context.Context, body []byte, key string) (charge.Report, error) {
	time.Sleep(100 * time.Millisecond)
	return c.Creator.CreateReport(ctx, body, key)
}

// TestAsManyOpenAsTheServerTakes compares how long 120 reports of five minutes take with the best that can be had under
// a limit of open reports, and counts the creates that were refused. Which item is refused is up to the scheduler: mostly it
// is 2 % slower than the best, at worst a place stays free for half a report's time.
func TestAsManyOpenAsTheServerTakes(t *testing.T) {
	for _, c := range []struct {
		limit, refused int
		slower         float64 // than the best, at most
	}{{1000, 0, 1.08}, {60, 16, 1.08}, {30, 20, 1.15}, {10, 30, 1.06}} {
		inBubble(t, fmt.Sprint(c.limit), func(t *testing.T) {
			s := newSyncTest(t, 5*time.Minute, "1999-12")
			s.Throttled = slowly{s.fakeAPI}
			s.refuse = func(_ int, open int) error {
				if open >= c.limit {
					return status(charge.KindTemporary, http.StatusTooManyRequests)
				}
				return nil
			}
			if got := s.run(); !cmp.Equal(got, repeat(120, "ok")) {
				t.Errorf("%v", got)
			}
			best := time.Duration((120+c.limit-1)/c.limit) * 5 * time.Minute
			slower := time.Since(s.start).Seconds() / best.Seconds()
			t.Logf("limit %d: %.3f of the best, %d creates refused", c.limit, slower, len(s.creates)-120)
			if refused := len(s.creates) - 120; slower > c.slower || refused > c.refused || s.most > c.limit {
				t.Errorf("%.3f of the best, %d creates refused, %d open", slower, refused, s.most)
			}
		})
	}
}

// TestAThousandReportsAtOnce is the same of 1,000 reports, whose figures docs/performance.md has.
func TestAThousandReportsAtOnce(t *testing.T) {
	if os.Getenv("CHARGECTL_LONG") != "1" {
		t.Skip("it takes long: CHARGECTL_LONG=1 runs it")
	}
	for _, limit := range []int{30, 100, 300, 1000} {
		inBubble(t, fmt.Sprint(limit), func(t *testing.T) {
			s := newSyncTest(t, 5*time.Minute, "1998-04")
			s.plan.Scopes = nil
			for fleet := range 10 {
				s.plan.Scopes = append(s.plan.Scopes, folder.Scope{Fleet: charge.Fleet{ID: fmt.Sprint("flt_", fleet)}, Zone: time.UTC})
			}
			s.Throttled = slowly{s.fakeAPI}
			s.refuse = func(_ int, open int) error {
				if open >= limit {
					return status(charge.KindTemporary, http.StatusTooManyRequests)
				}
				return nil
			}
			if got := s.run(); !cmp.Equal(got, repeat(1000, "ok")) {
				t.Errorf("%d items, not all of them written", len(got))
			}
			best := time.Duration((1000+limit-1)/limit) * 5 * time.Minute
			slower := time.Since(s.start).Seconds() / best.Seconds()
			t.Logf("limit %d: %.3f of the best, %d creates refused", limit, slower, len(s.creates)-1000)
			if slower > 1.25 || s.most > limit {
				t.Errorf("%.3f of the best, %d open", slower, s.most)
			}
		})
	}
}

// TestWhatStopsNewWork: where no item can do better, or the server is down, the others are left alone.
func TestWhatStopsNewWork(t *testing.T) {
	always := func(err error) func(int, int) error { return func(int, int) error { return err } }
	for name, c := range map[string]struct {
		refuse func(int, int) error
		poll   func(string, time.Duration) error
		broken error
		kind   charge.Kind
		tried  int // items at most
	}{
		"a bad key":                  {refuse: always(status(charge.KindAuth, 401)), kind: charge.KindAuth, tried: creating},
		"an untrusted certificate":   {refuse: always(fault(charge.KindCertificate)), kind: charge.KindCertificate, tried: creating},
		"a server that is down":      {refuse: always(status(charge.KindTemporary, 503)), kind: charge.KindTemporary, tried: givenUp + creating},
		"a poll that is not allowed": {poll: func(string, time.Duration) error { return fault(charge.KindAuth) }, kind: charge.KindAuth, tried: 60},
		"a poll of another machine":  {poll: func(string, time.Duration) error { return fault(charge.KindCertificate) }, kind: charge.KindCertificate, tried: 60},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, 55*time.Second, "1999-12")
			s.refuse, s.unseen, s.broken = c.refuse, c.poll, c.broken
			s.Throttled = slowly{s.fakeAPI}
			words := s.run()
			kinds := slices.Compact(slices.Sorted(slices.Values(words)))
			if want := slices.Sorted(slices.Values([]string{string(c.kind), "left"})); !slices.Equal(kinds, want) || len(s.creates) > c.tried {
				t.Errorf("%d creates of %d items, which ended %v", len(s.creates), len(words), kinds)
			}
		})
	}
}

// TestNoFreshLinkIsAllowed: a key that is refused when a file is downloaded is no better for the next report.
func TestNoFreshLinkIsAllowed(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-12")
		s.broken, s.Reports = status(charge.KindAuth, 403), refusing{fault(charge.KindAuth)}
		s.refuse = func(_ int, open int) error {
			if open > 0 {
				return status(charge.KindTemporary, http.StatusTooManyRequests)
			}
			return nil
		}
		if got := s.run(); !slices.Contains(got, "auth") || !slices.Contains(got, "left") || len(s.reports) > 2 {
			t.Errorf("%v, %d reports", got, len(s.reports))
		}
	})
}

func TestOneItemsFailureIsItsOwn(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-08")
		s.fails = failed(2)
		s.refuse = func(n int, _ int) error {
			return map[int]error{1: status(charge.KindUsage, 400), 4: status(charge.KindNotFound, 404), 6: status(charge.KindTemporary, 503)}[n]
		}
		want := []string{"failed", "not_found", "ok", "ok", "ok", "ok", "temporary", "usage"}
		if diff := cmp.Diff(want, slices.Sorted(slices.Values(s.run()))); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestSyncDeadline(t *testing.T) {
	inBubble(t, "reached", func(t *testing.T) {
		s := newSyncTest(t, time.Hour, "1999-12")
		s.options.WaitOptions = limited(time.Minute)
		s.refuse = func(_ int, open int) error {
			if open >= 100 {
				return status(charge.KindTemporary, http.StatusTooManyRequests)
			}
			return nil
		}
		words := s.run()
		if took := time.Since(s.start); took != time.Minute || words[0] != "deadline" || words[119] != "left" {
			t.Errorf("%s after %s", words[0], took)
		}
	})
	inBubble(t, "asked once", func(t *testing.T) {
		s := newSyncTest(t, time.Hour, "1990-03")
		s.options.WaitOptions = WaitOptions{}
		if got := s.run(); !cmp.Equal(got, repeat(3, "deadline")) || time.Since(s.start) > time.Minute {
			t.Errorf("%v after %s", got, time.Since(s.start))
		}
		time.Sleep(2 * time.Hour)
		if got := s.run(); !cmp.Equal(got, repeat(3, "ok")) || len(s.reports) != 3 {
			t.Errorf("%v with %d reports", got, len(s.reports))
		}
	})
	inBubble(t, "asked once at a full server", func(t *testing.T) {
		s := newSyncTest(t, time.Hour, "1990-03")
		s.options.WaitOptions = WaitOptions{}
		s.refuse = func(int, int) error { return status(charge.KindTemporary, http.StatusTooManyRequests) }
		if got := s.run(); got[0] != "temporary" || time.Since(s.start) > time.Minute {
			t.Errorf("%v after %s", got, time.Since(s.start))
		}
	})
	inBubble(t, "interrupted", func(t *testing.T) {
		s := newSyncTest(t, time.Hour, "1990-03")
		ctx, cancel := context.WithCancel(t.Context())
		defer context.AfterFunc(t.Context(), cancel)()
		time.AfterFunc(time.Minute, cancel)
		all, err := s.outcomes(ctx)
		if err != nil || wordOf(all[0]) != "interrupted" || time.Since(s.start) != time.Minute {
			t.Errorf("%v, %v after %s", all[0].Err, err, time.Since(s.start))
		}
	})
}

func TestRefresh(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-02")
		s.run()
		s.write("summary_1990-01.csv", []byte("old"))
		s.plan.Refresh = true
		if got := s.run(); !cmp.Equal(got, repeat(2, "ok")) || len(s.reports) != 4 || s.fresh != 2 {
			t.Errorf("%v, %d reports, %d fresh keys", got, len(s.reports), s.fresh)
		}
		s.wantFile("summary_1990-01.csv", []byte(rows))
		s.fails = failed(5, 6)
		if got := s.run(); !cmp.Equal(got, repeat(2, "failed")) || len(s.reports) != 6 {
			t.Errorf("%v, %d reports", got, len(s.reports))
		}
		s.wantFile("summary_1990-01.csv", []byte(rows))
	})
}

func TestReceipts(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-01")
		s.options.Receipts = true
		if got := s.run(); got[0] != "ok" {
			t.Fatal(got)
		}
		text, err := os.ReadFile(s.path("summary_1990-01.csv.json"))
		if err != nil {
			t.Fatal(err)
		}
		var r folder.Receipt
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(rows))
		want := folder.Receipt{
			Report: r.Report, Parameters: r.Parameters, Start: "1990-01-01T00:00:00.000Z", End: "1990-02-01T00:00:00.000Z", Zone: "UTC",
			Measure: folder.Measure{Bytes: int64(len(rows)), SHA256: hex.EncodeToString(sum[:]), Columns: []string{"vehicle", "energy_wh"}, Records: new(int64(1))},
			Key:     charge.DerivedKey(charge.Test, "https://api", 1, "", []byte(s.bodies[0])), Requests: []string{},
			Attempts: 1, WaitedMS: r.WaitedMS, Version: "1.2.3",
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if r.WaitedMS < time.Minute.Milliseconds() || compact(t, r.Parameters) != s.bodies[0] {
			t.Errorf("waited %d ms, parameters %s", r.WaitedMS, r.Parameters)
		}
		if !bytes.Contains(text, []byte("a&b")) || !bytes.Contains(text, []byte("9007199254740993")) {
			t.Errorf("the report's text was changed: %s", r.Report)
		}
		if got := s.run(); got[0] != "skip" {
			t.Errorf("%v", got)
		}
		if bytes.Contains(text, []byte("https://files")) {
			t.Errorf("the link to the file is in the receipt: %s", text)
		}
		refused := func(what string) {
			t.Helper()
			all, err := s.outcomes(t.Context())
			if err != nil || all[0].OnDisk || len(s.reports) != 1 {
				t.Fatalf("%s: %+v, %v", what, all, err)
			}
			wantKind(t, all[0].Err, charge.KindOutput)
		}
		s.write("summary_1990-01.csv.json", bytes.Replace(text, []byte("1990-02"), []byte("1990-03"), 1))
		refused("another period's receipt")
		s.write("summary_1990-01.csv.json", text)
		s.write("summary_1990-01.csv", []byte(rows[:10]))
		refused("a file that was cut")
	})
}

// TestRecheckTakesAnotherFormat: a report that has another format now takes the place of the file all the same.
func TestRecheckTakesAnotherFormat(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-01")
		s.options.Receipts = true
		s.run()
		s.fakeAPI.format, s.plan.Recheck, s.options.Receipts = "pdf", 1, false
		for range 2 { // the second time nothing has changed
			if got := s.run(); got[0] != "ok" {
				t.Error(got)
			}
			s.wantOnly(".chargectl.lock", "summary_1990-01.pdf", "summary_1990-01.pdf.json", "summary_1990-01~2000-01-01.csv", "summary_1990-01~2000-01-01.csv.json")
		}
	})
}

// TestAReceiptCostsOneFlush: what makes the file's name last makes its receipt's last too.
func TestAReceiptCostsOneFlush(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not flushed here")
	}
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-01")
		s.options.Receipts = true
		var flushed []string
		s.Disk.Sync = func(file *os.File) error {
			flushed = append(flushed, filepath.Base(file.Name()))
			return file.Sync()
		}
		if got := s.run(); got[0] != "ok" {
			t.Fatal(got)
		}
		want := []string{"summary_1990-01.csv.part", "summary_1990-01.csv.json.tmp", "."}
		if diff := cmp.Diff(want, flushed); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestReceiptComesFirst: a file that cannot get its receipt gets no name either.
func TestReceiptComesFirst(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, time.Minute, "1990-01")
		s.options.Receipts = true
		s.mkdir("summary_1990-01.csv.json")
		s.write("summary_1990-01.csv.json/in the way", nil)
		if got := s.run(); got[0] != "output" {
			t.Errorf("%v", got)
		}
		if _, err := os.Stat(s.path("summary_1990-01.csv")); err == nil {
			t.Error("it has its name")
		}
	})
}

func TestOverlap(t *testing.T) {
	for name, c := range map[string]struct {
		options func(*SyncOptions)
		kind    charge.Kind // of the error; none where the sync works
		took    time.Duration
		said    string
	}{
		"wait":                  {func(*SyncOptions) {}, "", 0, "another run is completing"},
		"wait to the deadline":  {func(o *SyncOptions) { o.WaitOptions = limited(10 * time.Second) }, charge.KindLocked, 10 * time.Second, "another run is completing"},
		"skip":                  {func(o *SyncOptions) { o.OnOverlap = OverlapSkip }, charge.KindLocked, 0, ""},
		"asked once is no wait": {func(o *SyncOptions) { o.WaitOptions = WaitOptions{} }, charge.KindLocked, 0, ""},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, time.Second, "1990-01")
			c.options(&s.options)
			folder, err := disk.Open(s.dir, disk.System{}, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			lock, err := folder.TryLock(lockName, os.O_RDWR|os.O_CREATE)
			if err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(30*time.Second, func() { disk.Release(lock) })
			all, err := s.outcomes(t.Context())
			if c.kind == "" {
				if err != nil || wordOf(all[0]) != "ok" || time.Since(s.start) < 30*time.Second {
					t.Errorf("%v, %v after %s", all, err, time.Since(s.start))
				}
			} else if wantKind(t, err, c.kind); time.Since(s.start) != c.took {
				t.Errorf("%v after %s, want %s", err, time.Since(s.start), c.took)
			}
			if said := strings.Join(s.notices.said, "\n"); !strings.Contains(said, c.said) || c.said == "" && said != "" {
				t.Errorf("said %q", said)
			}
			time.Sleep(time.Minute)
		})
	}
}

// lockName is what sync locks in a folder.
const lockName = ".chargectl.lock"

// TestLockless: where locks are impossible a sync prints a notice and goes on.
func TestLockless(t *testing.T) {
	for name, inTheWay := range map[string]func(s *syncTest){
		"a folder has its name": func(s *syncTest) { s.mkdir(lockName) },
		"a link out of it":      func(s *syncTest) { s.link(lockName, s.t.TempDir()+"/made") },
	} {
		inBubble(t, name, func(t *testing.T) {
			s := newSyncTest(t, time.Second, "1990-01")
			inTheWay(s)
			if got := s.run(); got[0] != "ok" {
				t.Errorf("%v", got)
			}
			want := []string{fmt.Sprintf("lock %s: it is not a file: continuing without locks", s.path(lockName))}
			if diff := cmp.Diff(want, s.notices.said); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if target, err := os.Readlink(s.path(lockName)); err == nil {
				if _, err := os.Stat(target); err == nil {
					t.Error("the link was followed")
				}
			}
		})
	}
}
