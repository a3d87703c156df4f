package progress

import (
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// state is what is known of the run right now. It has no lock and writes nothing: Progress guards it.
type state struct {
	items    int // as Begin said; 0 when it did not
	done     int
	began    time.Time
	deadline time.Time // zero for none
	open     map[string]*item
	order    []string // of open, as they came
}

// item is one report or file that is not over.
type item struct {
	id      string
	status  charge.Status
	elapsed time.Duration // the report's age when it was looked at
	seen    time.Time     // when that was; zero before the first look
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

func newState(now time.Time) *state { return &state{began: now, open: map[string]*item{}} }

// at finds an open item, or opens it. An item without an id is known by its path.
func (s *state) at(id, path string) *item {
	key := id
	if key == "" {
		key = path
	}
	if known, ok := s.open[key]; ok {
		return known
	}
	fresh := &item{id: key, size: -1}
	s.open[key] = fresh
	s.order = append(s.order, key)
	return fresh
}

func (s *state) looked(r charge.Report, elapsed time.Duration, now time.Time) (it *item, changed bool) {
	it = s.at(r.ID, "")
	changed = it.status != r.Status
	it.status, it.elapsed, it.seen, it.reason = r.Status, elapsed, now, ""
	if r.Status == charge.Failed {
		s.drop(r.ID) // another report may take over for the same item, and nobody would say that this one is over
	}
	return it, changed
}

func (s *state) received(id, path string, done, size int64, now time.Time) (first bool) {
	it := s.at(id, path)
	if first = it.rate.first.IsZero(); first || done < it.bytes {
		it.rate = meter{first: now, from: done}
	}
	it.path, it.bytes, it.size = path, done, size
	return first
}

// end closes an item; one that was never open counts as well.
func (s *state) end(id, path string) {
	s.done++
	s.drop(id)
	s.drop(path)
}

func (s *state) drop(key string) {
	if _, ok := s.open[key]; !ok {
		return
	}
	delete(s.open, key)
	s.order = slices.DeleteFunc(s.order, func(k string) bool { return k == key })
}

// listed are the open items in order.
func (s *state) listed() []*item {
	items := make([]*item, 0, len(s.order))
	for _, key := range s.order {
		items = append(items, s.open[key])
	}
	return items
}

// arriving are the open items whose file is.
func (s *state) arriving() []*item {
	return slices.DeleteFunc(s.listed(), func(it *item) bool { return !it.receiving() })
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
func (s *state) total() int { return max(s.items, s.done+len(s.open)) }

// left is the time before the deadline; ok is false when there is none.
func (s *state) left(now time.Time) (left time.Duration, ok bool) {
	if s.deadline.IsZero() {
		return 0, false
	}
	return max(0, s.deadline.Sub(now)), true
}
