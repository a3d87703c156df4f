package cli

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// counted is a network on which each request takes a twentieth of a second.
type counted struct {
	next     http.RoundTripper
	requests atomic.Int64
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	charge.Sleep(r.Context(), 50*time.Millisecond)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return c.next.RoundTrip(r)
}

// TestShardsKilled has machines complete a plan between them, a shard each, while two of them are killed and started again:
// every file is there once, for as many requests a report as a single machine needs, or little more.
func TestShardsKilled(t *testing.T) {
	fleets, numbers := 30, []int{3}
	if os.Getenv("CHARGECTL_LONG") == "1" {
		fleets, numbers = 10_000, []int{1, 16}
	}
	for _, machines := range numbers {
		t.Run(fmt.Sprint(machines), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { shardsKilled(t, fleets, machines) })
		})
	}
}

func shardsKilled(t *testing.T, fleets, machines int) {
	dice := newSharedRand(1)
	y := &simulation{t: t, dice: dice, began: time.Now()}
	y.Sandbox = sandbox.New(sandbox.Options{
		Seed: 1, Vehicles: 1, Fleets: fleets, MaxOpen: fleets,
		Fate: func(int) (time.Duration, bool) { return dice.between(30*time.Second, 90*time.Second), false },
	})
	network := &counted{next: inproc.Transport(y.Sandbox)}
	if fleets < 1000 { // it takes as long as all else together
		network.next = contracttest.RoundTripper(t, network.next)
	}
	folders := make([]string, machines)
	var all sync.WaitGroup
	for i := range folders {
		folders[i] = filepath.Join(t.TempDir(), "own")
		m := &machine{simulation: y, dir: folders[i], dies: true}
		shard := ""
		if machines > 1 {
			shard = fmt.Sprintf("%d/%d", i+1, machines)
		}
		all.Go(func() {
			if killed := machines > 1 && i < 2; killed {
				if code := m.shard(network, shard, time.Duration(20+20*i)*time.Second); code != 143 {
					t.Errorf("shard %s ended with %d before it was killed", shard, code)
				}
			}
			if code := m.shard(network, shard, 0); code != 0 {
				t.Errorf("shard %s ended with %d", shard, code)
			}
		})
	}
	all.Wait()
	took := time.Since(y.began)
	created := y.Created()
	each := float64(network.requests.Load()) / float64(fleets)
	t.Logf("%d machines: %d reports, %.2f requests a report, %s", machines, len(created), each, took.Round(time.Second))
	if len(created) != fleets || fleets > 1000 && each > 2.7 {
		t.Errorf("%d reports of %d fleets, %.2f requests a report", len(created), fleets, each)
	}
	files := 0
	for _, dir := range folders {
		left, err := filepath.Glob(filepath.Join(dir, "[^.]*"))
		if err != nil {
			t.Fatal(err)
		}
		files += len(left)
	}
	if files != fleets {
		t.Errorf("%d files, want %d", files, fleets)
	}
	for _, c := range created {
		name, found := "charging_summary_"+c.Fleet+"_1999-12.csv", 0
		for _, dir := range folders {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err == nil && y.is(got, c.ID) {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s is there %d times", name, found)
		}
	}
}

// shard is one invocation, which is killed after a time that is not 0.
func (m *machine) shard(network http.RoundTripper, shard string, killed time.Duration) int {
	var stderr bytes.Buffer
	app := m.ask(network, io.Discard, &stderr, "sync", "--period", "1999-12")
	if shard != "" {
		app.args = append(app.args, "--shard", shard)
	}
	code := m.carryOut(app, killed)
	if code != 0 && code != 143 {
		m.t.Errorf("shard %s: exit code %d\n%s", shard, code, &stderr)
	}
	return code
}
