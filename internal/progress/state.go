package output

import (
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// board is what is known of the run right now. It has no lock and writes nothing: Progress guards it.
type board struct {
	items    int // as Begin said; 0 when it did not
	done     int
	began    time.Time
	deadline time.Time // zero for none
	open     map[string]*item
	order    []string // of open, as they came
	each     bool     // a line per active item and a total, also for many
}

// item is one report or file that is not over.
type item struct {
	id      string
	status  charge.Status
	elapsed time.Duration // the report's age when it was looked at
	seen    time.Time     // when that was; zero before the first look
	covers  string        // the report's period
	reason  string        // why the last look failed, empty after one that did not
	path    string
	bytes   int64
	size    int64 // -1 when unknown
	rate    meter // of bytes, zero until some came
}

// meter measures from the first byte of this run, so that a resumed file does not seem to arrive at once.
type meter struct {
	first time.Time
	from  int64
}

func newBoard(now time.Time) *board { return &board{began: now, open: map[string]*item{}} }

// at finds an open item, or opens it. An item without an id is known by its path.
func (b *board) at(id, path string) *item {
	key := id
	if key == "" {
		key = path
	}
	if known, ok := b.open[key]; ok {
		return known
	}
	fresh := &item{id: key, size: -1}
	b.open[key] = fresh
	b.order = append(b.order, key)
	return fresh
}

func (b *board) looked(r charge.Report, elapsed time.Duration, now time.Time) (it *item, changed bool) {
	it = b.at(r.ID, "")
	changed = it.status != r.Status
	it.status, it.elapsed, it.seen, it.reason = r.Status, elapsed, now, ""
	it.covers = period.Period{Start: r.Parameters.Start, End: r.Parameters.End}.Label()
	if r.Status == charge.Failed {
		b.drop(r.ID) // another report may take over for the same item, and nobody would say that this one is over
	}
	return it, changed
}

func (b *board) received(id, path string, done, size int64, now time.Time) (first bool) {
	it := b.at(id, path)
	if first = it.rate.first.IsZero(); first || done < it.bytes {
		it.rate = meter{first: now, from: done}
	}
	it.path, it.bytes, it.size = path, done, size
	return first
}

// end closes an item; one that was never open counts as well.
func (b *board) end(id, path string) {
	b.done++
	b.drop(id)
	b.drop(path)
}

func (b *board) drop(key string) {
	if _, ok := b.open[key]; !ok {
		return
	}
	delete(b.open, key)
	b.order = slices.DeleteFunc(b.order, func(k string) bool { return k == key })
}

// listed are the open items in order.
func (b *board) listed() []*item {
	items := make([]*item, 0, len(b.order))
	for _, key := range b.order {
		items = append(items, b.open[key])
	}
	return items
}

// waiting are the open items whose file is not arriving.
func (b *board) waiting() []*item {
	return slices.DeleteFunc(b.listed(), (*item).receiving)
}

// arriving are the open items whose file is.
func (b *board) arriving() []*item {
	return slices.DeleteFunc(b.listed(), func(it *item) bool { return !it.receiving() })
}

func (it *item) receiving() bool { return !it.rate.first.IsZero() }

// age is the report's age now, or when it ended; before the first look it is unknown and 0.
func (it *item) age(now time.Time) time.Duration {
	switch {
	case it.seen.IsZero():
		return 0
	case it.status.Terminal():
		return it.elapsed
	}
	return it.elapsed + now.Sub(it.seen)
}

// total is how many items there are, as far as anybody said.
func (b *board) total() int { return max(b.items, b.done+len(b.open)) }

// left is the time before the deadline; ok is false when there is none.
func (b *board) left(now time.Time) (left time.Duration, ok bool) {
	if b.deadline.IsZero() {
		return 0, false
	}
	return max(0, b.deadline.Sub(now)), true
}
