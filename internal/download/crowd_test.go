package download

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// noLocks and falseLocks are file systems on which locks keep nobody out: they cannot be taken, or everybody gets them.
func noLocks(string, int) (disk.Lock, error) { return nil, disk.ErrNoLocks }

func falseLocks(path string, flags int) (disk.Lock, error) { return os.OpenFile(path, flags, 0o666) }

// crowd is six runs that write the same file into one folder at once, without a lock that keeps them apart. Some are
// killed, and somebody cuts and changes what has the part's name meanwhile.
type crowd struct {
	*fileTest

	chance   *rand.Rand
	chanceMu sync.Mutex
	// namesMu keeps the meddler from holding a file open while it gets its final name: what is written then into a
	// file that is complete is nobody's to prevent.
	namesMu sync.RWMutex
}

func (c *crowd) roll(n int) int {
	c.chanceMu.Lock()
	defer c.chanceMu.Unlock()
	return c.chance.IntN(n)
}

// killing kills a run now and then: nothing that it would have tidied up is tidied up.
func (c *crowd) killing(lock func(string, int) (disk.Lock, error)) disk.System {
	die := func(one int) {
		if c.roll(one) == 0 {
			runtime.Goexit()
		}
	}
	return disk.System{
		Lock: lock,
		Write: func(f *os.File, b []byte) (int, error) {
			die(40)
			return f.Write(b)
		},
		Sync: func(f *os.File) error {
			die(40)
			return nil
		},
		Rename: func(root *os.Root, from, to string) error {
			die(40)
			c.namesMu.RLock()
			err := root.Rename(from, to)
			c.namesMu.RUnlock()
			die(40)
			return err
		},
	}
}

// run is one run of the crowd. The file is there, whole, at the moment that it ends well.
func (c *crowd) run(system disk.System, policy IfExists) {
	f, err := disk.Open(c.dir, system, func(string) {})
	if err != nil {
		c.t.Error(err)
		return
	}
	defer f.Close()
	source := c.source()
	source.Jitter = func() float64 { return 0 } // no pauses: the more happens at once the better
	_, err = source.File(c.t.Context(), f, "a.csv", c.report, Options{IfExists: policy})
	if err == nil {
		c.wantFile("a.csv", content())
	} else if kind := charge.KindOf(err); kind != charge.KindTemporary && !(kind == charge.KindOutput && strings.Contains(err.Error(), errMoved.Error())) {
		c.t.Errorf("a run ended with %v", err)
	}
}

// meddle cuts the part, changes a byte of it, or removes it or its sidecar.
func (c *crowd) meddle() {
	name := c.path("a.csv.part")
	c.namesMu.Lock()
	defer c.namesMu.Unlock()
	switch c.roll(5) {
	case 0:
		_ = os.Truncate(name, int64(c.roll(2*half)))
	case 1, 2:
		if file, err := os.OpenFile(name, os.O_WRONLY, 0); err == nil {
			_, _ = file.WriteAt([]byte{byte(c.roll(256))}, int64(c.roll(2*half)))
			_ = file.Close()
		}
	case 3:
		_ = os.Remove(name)
	case 4:
		_ = os.Remove(c.path("a.csv.part.json"))
	}
}

// TestCrowdWithoutLocks shows that no wrong byte gets the final name, whatever locks do.
func TestCrowdWithoutLocks(t *testing.T) {
	rounds := 200
	if os.Getenv("CHARGECTL_LONG") == "1" {
		rounds = 2000
	}
	for name, lock := range map[string]func(string, int) (disk.Lock, error){"none": noLocks, "false": falseLocks} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &crowd{fileTest: newFileTest(t), chance: rand.New(rand.NewPCG(1, 2))}
			c.host = func(_ int, r charge.FileRange) (*charge.File, error) {
				runtime.Gosched()
				switch c.roll(8) {
				case 0:
					return cutAfter(int64(c.roll(half)), context.Canceled)(r)
				case 1:
					return honest(content(), start), nil
				}
				return honest(content(), r), nil
			}
			for round := range rounds {
				c.round(lock, round)
				if t.Failed() {
					t.Fatalf("in round %d", round)
				}
			}
		})
	}
}

// round has six runs write the file, and one more after them when all is quiet.
func (c *crowd) round(lock func(string, int) (disk.Lock, error), round int) {
	policy := Skip
	if round%2 == 1 {
		policy = Overwrite
	}
	system := c.killing(lock)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() { c.run(system, policy) })
	}
	for range 6 {
		runtime.Gosched()
		c.meddle()
	}
	all.Wait()
	if data, err := os.ReadFile(c.path("a.csv")); err == nil && !bytes.Equal(data, content()) {
		c.t.Errorf("a.csv has %d bytes, and not the right ones", len(data))
	}
	c.run(disk.System{}, policy)
	c.wantFile("a.csv", content())
	c.wantOnly("a.csv")
	if err := os.Remove(c.path("a.csv")); err != nil {
		c.t.Error(err)
	}
}
