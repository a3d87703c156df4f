package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
	"github.com/chargectl/chargectl/internal/term"
)

const (
	simulatedMonths = 24
	simulatedFleets = 20
	keysLive        = 24 * time.Hour
)

// simulation is two years of a Charge API and of the machines that ask it.
type simulation struct {
	*sandbox.Sandbox

	t       *testing.T
	dice    *sharedRand
	network *badNetwork
	skew    atomic.Int64 // of the server's clock
	began   time.Time

	mu   sync.Mutex
	ends map[int]int // how often a run ended with each code
}

// simulated is what a simulation's API is like.
type simulated struct {
	fleets   int
	failing  func(dice *sharedRand, n int) bool // whether the n-th report does
	restated func(fleet string, start, created time.Time) int64
}

func newSimulation(t *testing.T, seed uint64, o simulated) *simulation {
	t.Helper()
	y := &simulation{t: t, dice: newSharedRand(seed), began: time.Now(), ends: map[int]int{}}
	var faults []sandbox.Fault
	for _, name := range []string{"link-expires=2", "cut=1"} {
		fault, err := sandbox.ParseFault(name)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, fault)
	}
	y.Sandbox = sandbox.New(sandbox.Options{
		Seed: seed, Vehicles: 3, Fleets: o.fleets, MaxOpen: 15, Faults: faults,
		Restated: o.restated,
		Clock:    func() time.Time { return time.Now().Add(time.Duration(y.skew.Load())) },
		Fate: func(n int) (time.Duration, bool) {
			return y.dice.between(time.Second, 25*time.Second), o.failing(y.dice, n)
		},
	})
	y.network = &badNetwork{next: contracttest.RoundTripper(t, inproc.Transport(y.Sandbox)), dice: y.dice, files: "files.chargeapi.co"}
	return y
}

// machine is one that runs the same sync on the first of every month.
type machine struct {
	*simulation

	name   string
	dir    string
	skew   time.Duration // of its clock
	off    []int         // months in which it is off
	dies   bool          // its runs are killed; otherwise they get a signal
	onBusy string

	recheck int // so many periods are asked for again
}

func (m *machine) live() {
	months := simulatedMonths
	if m.recheck > 0 {
		months += m.recheck // until what is younger has been asked for again too
	}
	for month := range months {
		first := m.began.AddDate(0, month+1, 0)
		time.Sleep(time.Until(first.Add(7*time.Minute - m.skew))) // 00:07 by its own clock
		if slices.Contains(m.off, month) {
			continue
		}
		m.complete(month)
	}
}

// complete runs the job until it exits 0, as a timer with a restart does.
func (m *machine) complete(month int) {
	for range 200 {
		code := m.run()
		m.count(code)
		if code == 0 {
			return
		}
		if !slices.Contains([]int{5, 6, 8, 9, 143}, code) {
			return
		}
		if code == 6 && m.recheck > 0 { // on the next day it is asked for anew
			time.Sleep(m.dice.between(6*time.Hour, 9*time.Hour))
			continue
		}
		time.Sleep(m.dice.between(5*time.Minute, 2*time.Hour))
	}
	m.t.Errorf("%s: month %d is still not complete", m.name, month+1)
}

func (y *simulation) count(code int) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.ends[code]++
}

// run is one invocation; in one of four something ends it from outside.
func (m *machine) run() int {
	var stderr bytes.Buffer
	app := m.app(io.Discard, &stderr, "sync", "--on-overlap", m.onBusy, "--timeout", m.patience().String())
	if m.recheck > 0 {
		app.args = append(app.args, "--recheck", fmt.Sprint(m.recheck), "--receipts")
	}
	var ends time.Duration
	if m.dice.hit(25) {
		ends = m.dice.between(time.Second, 90*time.Second)
	}
	code := m.carryOut(app, ends)
	if !slices.Contains([]int{0, 5, 6, 8, 9, 143}, code) {
		m.t.Errorf("%s: exit code %d\n%s", m.name, code, &stderr)
	}
	return code
}

// carryOut runs a command to its end, or to a signal after a time that is not 0. On a machine that dies the folder is left as
// it was at that moment.
func (m *machine) carryOut(app *App, ends time.Duration) int {
	ctx, cancel := context.WithCancelCause(m.t.Context())
	defer cancel(nil)
	killed := make(chan (func()), 1)
	if ends > 0 {
		timer := time.AfterFunc(ends, func() {
			if m.dies {
				killed <- m.snapshot()
			}
			cause := exit.Signal{Name: "SIGTERM", Number: 15}
			cancel(&charge.Error{Kind: charge.KindInterrupted, Reason: cause.Error(), Err: cause})
		})
		defer timer.Stop()
	}
	code := app.run(ctx)
	time.Sleep(unwinding)
	select {
	case restore := <-killed:
		restore()
	default:
	}
	return code
}

// app is a command about the machine's folder, by its clock.
func (m *machine) app(stdout, stderr io.Writer, command string, more ...string) *App {
	return m.ask(m.network, stdout, stderr, command, append([]string{
		"--since", m.began.Format("2006-01"), "--as-of", time.Now().Add(m.skew).UTC().Format(time.RFC3339),
	}, more...)...)
}

// ask is a command about the machine's folder, over a network.
func (m *machine) ask(network http.RoundTripper, stdout, stderr io.Writer, command string, more ...string) *App {
	return &App{
		streams: term.Streams{In: strings.NewReader(""), Out: stdout, Err: stderr, Width: 80},
		env: config.Env{
			Lookup: func(name string) (string, bool) {
				if name == "CHARGE_API_KEY" {
					return "ch_sk_test_simulation", true
				}
				return "", false
			},
			GOOS: "linux", Home: func() (string, error) { return "", os.ErrNotExist },
		},
		args:    append([]string{"reports", command, "--type", "charging_summary", "--all-fleets", "--dir", m.dir}, more...),
		network: network, disk: disk.System{Rename: renameNow},
	}
}

// patience is too short for the reports of a month in one of three runs.
func (m *machine) patience() time.Duration {
	if m.dice.hit(33) {
		return m.dice.between(3*time.Second, 20*time.Second).Round(time.Second)
	}
	return 10 * time.Minute
}

// renameNow gives a file the time of the simulation, as its last write would have.
func renameNow(root *os.Root, from, to string) error {
	if err := root.Rename(from, to); err != nil {
		return err
	}
	return root.Chtimes(to, time.Now(), time.Now())
}

// snapshot keeps the folder as it is now: what a process leaves that is killed now, without any clean-up.
func (m *machine) snapshot() (restore func()) {
	synctest.Wait()
	kept := m.t.TempDir()
	err := copyFolder(kept, m.dir)
	return func() {
		if err == nil {
			err = os.RemoveAll(m.dir)
		}
		if err == nil {
			err = copyFolder(m.dir, kept)
		}
		if err != nil {
			m.t.Error(err)
		}
	}
}

// copyFolder copies files with their times.
func copyFolder(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	for _, entry := range entries {
		info, statErr := entry.Info()
		if err = errors.Join(err, statErr); err == nil {
			err = os.Chtimes(filepath.Join(to, entry.Name()), info.ModTime(), info.ModTime())
		}
	}
	return err
}

// stepClock sets the server's clock, once a month, to within two minutes of the right time.
func (y *simulation) stepClock(ctx context.Context) {
	ticker := time.NewTicker(30 * 24 * time.Hour)
	defer ticker.Stop()
	for ctx.Err() == nil {
		y.skew.Store(int64(y.dice.between(-2*time.Minute, 2*time.Minute)))
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

func TestTwoYears(t *testing.T) {
	seeds := []uint64{1}
	if os.Getenv("CHARGECTL_LONG") == "1" {
		seeds = []uint64{1, 2, 3, 4, 5, 6, 7, 8}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { twoYears(t, seed) })
		})
	}
}

func twoYears(t *testing.T, seed uint64) {
	y := newSimulation(t, seed, simulated{fleets: simulatedFleets, failing: func(dice *sharedRand, _ int) bool { return dice.hit(4) }})
	shared, own := filepath.Join(t.TempDir(), "shared"), filepath.Join(t.TempDir(), "own")
	ctx, stop := context.WithCancel(t.Context())
	go y.stepClock(ctx)
	var all sync.WaitGroup
	for _, m := range []*machine{
		{name: "first", dir: shared, onBusy: "wait", skew: 2 * time.Minute},
		{name: "second", dir: shared, onBusy: "skip", skew: 110 * time.Second},
		{name: "third", dir: own, onBusy: "wait", skew: -2 * time.Minute, dies: true, off: []int{9, 10}},
	} {
		m.simulation = y
		all.Go(m.live)
	}
	all.Wait()
	stop()
	for _, dir := range []string{shared, own} {
		y.wantComplete(dir)
	}
	y.wantNoneTwice()
	t.Logf("%d reports, runs by exit code %v, %d answers lost, %d storms", len(y.Created()), y.ends, y.network.lost, y.network.waves)
	for _, code := range []int{0, 5, 6, 8, 9, 143} {
		if y.ends[code] == 0 {
			t.Errorf("no run ended with %d: the mix proves less than it should", code)
		}
	}
}

// wantComplete holds a folder to one file for each month and fleet, right to the byte, and nothing else but the lock.
func (y *simulation) wantComplete(dir string) {
	y.t.Helper()
	want := map[string][]sandbox.Creation{".chargectl.lock": nil}
	for _, c := range y.Created() {
		name := fmt.Sprintf("charging_summary_%s_%s.csv", c.Fleet, c.PeriodStart.Format("2006-01"))
		want[name] = append(want[name], c)
	}
	if n := simulatedMonths*simulatedFleets + 1; len(want) != n {
		y.t.Errorf("%d files should exist, want %d", len(want), n)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		y.t.Fatal(err)
	}
	for _, entry := range entries {
		of, ok := want[entry.Name()]
		delete(want, entry.Name())
		switch got, err := os.ReadFile(filepath.Join(dir, entry.Name())); {
		case !ok || err != nil:
			y.t.Errorf("%s should not be there (%v)", entry.Name(), err)
		case of != nil && !slices.ContainsFunc(of, func(c sandbox.Creation) bool { return y.is(got, c.ID) }):
			y.t.Errorf("%s is not the file of any of its reports", entry.Name())
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		y.t.Errorf("%s is missing", name)
	}
}

func (y *simulation) is(got []byte, id string) bool {
	file, ok := y.File(id)
	return ok && bytes.Equal(got, file)
}

// wantNoneTwice: within the time that keys live, a report is asked for again only after one that failed. After three that
// did, machines that go on under the next day's key and machines whose first key has expired meanwhile may make one each.
func (y *simulation) wantNoneTwice() {
	y.t.Helper()
	all := y.Created()
	slices.SortStableFunc(all, func(a, b sandbox.Creation) int {
		return cmp.Or(cmp.Compare(a.Fleet, b.Fleet), a.PeriodStart.Compare(b.PeriodStart))
	})
	failed := 0 // of the item, before
	for i, c := range all[1:] {
		before := all[i]
		if before.Fleet != c.Fleet || !before.PeriodStart.Equal(c.PeriodStart) {
			failed = 0
			continue
		}
		if before.Status == "failed" {
			failed++
			continue
		}
		if c.Created.Sub(before.Created) < keysLive && failed < 3 {
			y.t.Errorf("%s of %s was asked for at %s under %s, which %s, and at %s under %s",
				c.PeriodStart.Format("2006-01"), c.Fleet, before.Created, before.IdempotencyKey, before.Status, c.Created, c.IdempotencyKey)
		}
	}
}
