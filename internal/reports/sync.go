package reports

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/poll"
)

// Overlap says what to do when another run is completing the same folder.
type Overlap string

// What to do about another run: wait for it within the deadline, or leave it to it.
const (
	OverlapWait Overlap = "wait"
	OverlapSkip Overlap = "skip"
)

// SyncOptions say how a plan is carried out.
type SyncOptions struct {
	WaitOptions
	Dir       string
	Jobs      int // transfers at a time
	OnOverlap Overlap
	Receipts  bool
	FreshKey  func() string     // the key of a create that shall lead to a new report
	Mode      charge.Mode       // of the key, for the derived keys
	Origin    string            // of the API, for the derived keys
	Version   string            // of chargectl, for receipts
	Name      filename.Template // as in the plan: the report says the extension
}

// Outcome is how one item ended. OnDisk says that its file is there, now or before.
type Outcome struct {
	Item
	Path    string
	OnDisk  bool
	Report  charge.Report // without an id where none was asked for
	Attempt int           // of the derived keys, from 1; 0 where none was asked for
	Err     error
}

// run is one sync under way.
type run struct {
	*Service
	options SyncOptions
	folder  *Folder
	pause   *poll.Pause // of all requests of this run
	poller  *poll.Poller
	gate    *gate
	jobs    chan struct{}
}

// Sync makes the folder complete: it locks it, plans again under the lock, and brings in what is missing. The error
// is about the folder or the lock; how items ended is in the outcomes, in the order of the plan.
func (s *Service) Sync(ctx context.Context, o SyncOptions, plan func() ([]Item, error)) ([]Outcome, error) {
	folder, err := OpenFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	until, cancel := o.Timeout.Bound(ctx)
	defer cancel()
	unlock, err := s.lockFolder(until, folder, o)
	if err != nil {
		return nil, err
	}
	defer unlock()
	items, err := plan()
	if err != nil {
		return nil, err
	}
	r := &run{Service: s, options: o, folder: folder, pause: new(poll.Pause), gate: newGate(), jobs: make(chan struct{}, max(1, o.Jobs))}
	r.poller = s.poller(o.WaitOptions, r.pause)
	return r.all(ctx, until, items), nil
}

// all brings in every item that needs it, oldest first, and returns when each has ended.
func (r *run) all(ctx, until context.Context, items []Item) []Outcome {
	outcomes := Outcomes(r.folder.path, items)
	r.announce(until, asked(items))
	var work sync.WaitGroup
	for i, item := range items {
		if !item.Action.asks() {
			continue
		}
		if err := r.gate.enter(until); err != nil {
			outcomes[i].Err = notStarted(err)
			continue
		}
		// The next item waits for this one's turn to ask, so that the oldest are asked for first.
		asking := make(chan struct{})
		begun := sync.OnceFunc(func() { close(asking) })
		r.start(&work, func() { r.one(ctx, until, &outcomes[i], begun) })
		<-asking
	}
	work.Wait()
	return outcomes
}

// Outcomes is how a plan's items stand before anything was done about them.
func Outcomes(dir string, items []Item) []Outcome {
	folder := Folder{path: dir}
	outcomes := make([]Outcome, len(items))
	for i, item := range items {
		outcomes[i] = Outcome{Item: item, Path: folder.Path(item.Name), OnDisk: item.OnDisk}
		if item.Action == ActionRefuse {
			outcomes[i].Err = &charge.Error{
				Kind: charge.KindOutput, Op: "sync " + outcomes[i].Path, Reason: item.Reason, Hint: "move away what is there; a file can also be replaced with --refresh",
			}
		}
	}
	return outcomes
}

// lockFolder keeps other runs out of the folder until unlock. Where there are no locks it says so and goes on.
func (s *Service) lockFolder(until context.Context, folder *Folder, o SyncOptions) (unlock func(), err error) {
	now, cancel := context.WithDeadline(until, time.Now())
	defer cancel()
	lock, err := lockOf(now, folder)
	if charge.KindOf(err) == charge.KindLocked && o.OnOverlap == OverlapWait && o.Timeout != poll.Once {
		s.Observer.Notice("another run is completing " + folder.path + ": waiting for it to end")
		lock, err = lockOf(until, folder)
	}
	switch {
	case err == nil:
		return func() { release(lock) }, nil
	case charge.KindOf(err) == charge.KindLocked && now.Err() != nil && until.Err() == nil:
		return nil, &charge.Error{Kind: charge.KindLocked, Op: "sync " + folder.path, Reason: "another run is completing this folder"}
	case charge.KindOf(err) != charge.KindInternal:
		return nil, err
	}
	s.Observer.Notice(folder.Path(folderLock) + " cannot be locked (" + outputError("", err).Error() + "): going on without")
	return func() {}, nil
}

// errNoLockFile says that something else has the lock's name; a link there could lead out of the folder.
var errNoLockFile = errors.New("it is not a file")

func lockOf(ctx context.Context, folder *Folder) (*flock.Flock, error) {
	if info, err := folder.stat(folderLock); err == nil && info != nil && !info.Mode().IsRegular() {
		return nil, errNoLockFile
	}
	lock, _, err := takeLock(ctx, folder.Path(folderLock), os.O_RDWR|os.O_CREATE)
	return lock, err
}
