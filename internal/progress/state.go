package progress

import (
	"cmp"
	"log/slog"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// state is what is known of the run right now. It has no lock and writes nothing: Progress guards it.
type state struct {
	items    int // as Begin gave it; 0 before
	done     int
	good     int   // of those that are done, those that ended well
	files    int   // of those, how many have a file
	skipped  int   // of those, how many were there already
	bytes    int64 // of the files that are new
	dir      string
	there    int // files in dir that needed nothing, and so are no items
	wanted   int // files that should be in dir at the end; 0 where there are no more than the items
	began    time.Time
	deadline time.Time // zero for none
	open     []*item   // in the order in which they came
}

// item is one report or file that is not over.
type item struct {
	id      string // or its path, where it has none
	status  charge.Status
	elapsed time.Duration // the report's age when it was polled
	took    time.Duration // from its creation to its success; 0 while unknown
	seen    time.Time     // when that was; zero before the first poll
	reason  string        // why the last poll failed, empty after one that did not
	path    string        // empty while no file is known
	bytes   int64
	size    int64     // -1 when unknown
	since   time.Time // when its first byte of this run came; zero before
	from    int64     // how many there were then, so that a resumed file does not seem to arrive at once
	rows    int64     // records of the file that is complete; -1 when unknown
}

// at finds an open item, or opens it.
func (s *state) at(id, path string) *item {
	id = cmp.Or(id, path)
	i := slices.IndexFunc(s.open, func(it *item) bool { return it.id == id })
	if i < 0 {
		i, s.open = len(s.open), append(s.open, &item{id: id, size: -1, rows: -1})
	}
	s.open[i].path = cmp.Or(path, s.open[i].path)
	return s.open[i]
}

func (s *state) close(it *item) {
	s.open = slices.DeleteFunc(s.open, func(open *item) bool { return open == it })
}

func (s *state) polled(r charge.Report, elapsed time.Duration, now time.Time) (it *item, changed bool) {
	it = s.at(r.ID, "")
	changed = it.status != r.Status
	it.status, it.elapsed, it.seen, it.reason = r.Status, elapsed, now, ""
	if !r.Created.IsZero() && !r.Finished.IsZero() {
		it.took = max(1, r.Finished.Sub(r.Created))
	}
	if r.Status == charge.Failed {
		s.close(it) // another report may take over for the same item, and nobody would report that this one has ended
	}
	return it, changed
}

func (s *state) received(id, path string, done, size int64, now time.Time) (it *item, first bool) {
	it = s.at(id, path)
	first = !it.receiving()
	if first || done < it.bytes {
		it.since, it.from = now, done
	}
	it.bytes, it.size = done, size
	return it, first
}

// end closes an item; one that was never open counts as well.
func (s *state) end(id, path string, skipped bool, err error) *item {
	it := s.at(id, path)
	s.done++
	if err == nil {
		s.good, s.bytes = s.good+1, s.bytes+it.bytes
		if path != "" {
			s.files++
		}
		if skipped {
			s.skipped++
		}
	}
	s.close(it)
	return it
}

func (it *item) receiving() bool { return !it.since.IsZero() }

// age is the report's age now, or when it ended; before the first poll it is unknown and 0.
func (it *item) age(now time.Time) time.Duration {
	if it.seen.IsZero() || it.status.Terminal() {
		return it.elapsed
	}
	return it.elapsed + now.Sub(it.seen)
}

// total is how many items there are, as far as is known.
func (s *state) total() int { return max(s.items, s.done+len(s.open)) }

// alone is the only item of the run while it is open, else nil.
func (s *state) alone() *item {
	if len(s.open) == 1 && s.total() == 1 {
		return s.open[0]
	}
	return nil
}

// failing is why the last poll failed, of any report that waits; empty where polls work.
func (s *state) failing() string {
	i := slices.IndexFunc(s.open, func(it *item) bool { return it.reason != "" && !it.receiving() })
	if i < 0 {
		return ""
	}
	return s.open[i].reason
}

// attrs are where an item, nil for none, and the run stand, as far as is known, for a log line.
func (s *state) attrs(it *item, now time.Time) (attrs []slog.Attr) {
	add := func(known bool, more ...slog.Attr) {
		if known {
			attrs = append(attrs, more...)
		}
	}
	if it != nil {
		add(it.id != it.path, slog.String("report", it.id))
		add(!it.seen.IsZero(), slog.String("status", string(it.status)), milliseconds("elapsed_ms", it.age(now)))
		add(it.path != "", slog.String("path", it.path))
		add(it.receiving(), slog.Int64("bytes", it.bytes))
		add(it.size >= 0, slog.Int64("size", it.size))
	}
	add(true, slog.Int("done", s.done), slog.Int("items", s.total()))
	add(!s.deadline.IsZero(), milliseconds("left_ms", max(0, s.deadline.Sub(now))))
	return attrs
}

func milliseconds(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }
