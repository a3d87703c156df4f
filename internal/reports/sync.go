package reports

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/poll"
)

// Overlap is what to do when another run is completing the same folder.
type Overlap string

// What to do about another run: wait for it within the deadline, or leave it to it.
const (
	OverlapWait Overlap = "wait"
	OverlapSkip Overlap = "skip"
)

// SyncOptions are how a plan is carried out.
type SyncOptions struct {
	WaitOptions
	Dir       string
	Jobs      int // transfers at a time; 0 is as many as the link gives
	OnOverlap Overlap
	Shard     string // of the plan, as a part of a file's name; runs of other shards are kept out by nothing. Empty is the whole
	Receipts  bool
	FreshKey  func() string     // the key of a create that shall lead to a new report
	Mode      charge.Mode       // of the key, for the derived keys
	Origin    string            // of the API, for the derived keys
	Version   string            // of chargectl, for receipts
	Name      filename.Template // as in the plan: the extension follows from the report
}

// Outcome is how one item ended. OnDisk is whether its file is there, new or from before.
type Outcome struct {
	*folder.Item // of the plan; its name is another one once the report says its format
	Path         string
	OnDisk       bool
	Report       json.RawMessage // as the API last gave it; nil where none was asked for
	// Previous is the path of the file that this run has replaced by another one because a recheck found it changed; else empty.
	Previous string
	Attempt  int // of the derived keys, from 1; 0 where none was asked for
	// Started is whether the report was asked for. An item whose report was not has an error that tells why.
	Started bool
	Err     error
}

// NotStarted reports whether an item was left alone because another one's end, or the run's, stopped all new work.
func (o Outcome) NotStarted() bool { return o.Action.Asks() && !o.Started && o.Err != nil }

// run is one sync under way.
type run struct {
	*Service
	options  SyncOptions
	folder   *disk.Folder
	throttle *throttle
	poller   *poll.Poller
	slots    *slots
	fleets   fleetsOnce
	nameless sync.Once // the notice that fleets could not be looked up
}

// Sync makes the folder complete: it locks it, plans again under the lock, starts every item that needs work, oldest
// first, and returns when each has ended. The error is about the folder or the lock; how items ended is in the outcomes,
// in the order of the plan. Each is called with every item of the plan as it ends, by several goroutines: first with those
// that nothing is to be done about.
func (s *Service) Sync(ctx context.Context, o SyncOptions, plan func() ([]folder.Item, error), each func(Outcome)) ([]Outcome, error) {
	dir, err := disk.Open(o.Dir, s.Disk, s.Observer.Notice)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	until, cancel := o.Timeout.Bound(ctx)
	defer cancel()
	lock, err := dir.Lock(until, disk.SyncLockOf(o.Shard), os.O_RDWR|os.O_CREATE, func() error {
		if o.OnOverlap == OverlapSkip || o.Timeout == poll.Once {
			return &charge.Error{Kind: charge.KindLocked, Op: "sync " + o.Dir, Reason: "another run is completing this folder"}
		}
		s.Observer.Notice("another run is completing " + o.Dir + ": waiting for it to end")
		return nil
	})
	if err != nil {
		return nil, err
	}
	defer disk.Release(lock)
	items, err := plan()
	if err != nil {
		return nil, err
	}
	if folder.Asked(items) > 0 {
		if err := dir.Writable(); err != nil {
			return nil, err
		}
	}
	until, poller, cancel := s.begin(until, folder.Asked(items), o.WaitOptions)
	defer cancel()
	r := &run{Service: s, options: o, folder: dir, throttle: newThrottle(until, &poller.Pause), poller: poller, slots: newSlots(s.Files, o.Jobs), fleets: fleetsOnce{FleetGetter: s.Fleets}}
	defer r.throttle.halt(nil)
	outcomes := Outcomes(o.Dir, items)
	for _, out := range outcomes {
		if !out.Action.Asks() {
			each(out)
		}
	}
	var work sync.WaitGroup
	for i, item := range items {
		if item.Beside {
			download.Tidy(dir, item.Name)
		}
		if !item.Action.Asks() {
			continue
		}
		if err := r.throttle.enter(); err != nil {
			outcomes[i].Err = charge.AsError(err).About("sync "+outcomes[i].Path, "")
			each(outcomes[i])
			continue
		}
		// The next item waits for this one's turn to ask, so that the oldest are asked for first.
		asking := make(chan struct{})
		begun := sync.OnceFunc(func() { close(asking) })
		s.start(&work, func() {
			r.one(ctx, until, &outcomes[i], begun)
			each(outcomes[i])
		})
		<-asking
	}
	work.Wait()
	return outcomes, nil
}

// Outcomes is how a plan's items stand before anything was done about them.
func Outcomes(dir string, items []folder.Item) []Outcome {
	outcomes := make([]Outcome, len(items))
	under := strings.TrimSuffix(filepath.Join(dir, "x"), "x") // names are clean
	for i := range items {
		item := &items[i]
		outcomes[i] = Outcome{Item: item, Path: under + filepath.FromSlash(item.Name), OnDisk: item.OnDisk}
		if item.Action == folder.ActionRefuse {
			outcomes[i].Err = &charge.Error{
				Kind: charge.KindOutput, Op: "sync " + outcomes[i].Path, Reason: item.Reason, Hint: "move away what is there; a file can also be replaced with --refresh or --recheck",
			}
		}
	}
	return outcomes
}
