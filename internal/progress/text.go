package progress

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// part is a piece of a sentence about the run. Where there is not enough room, parts go by rank, the highest first; those
// of rank 0 stay, so that a percentage outlives its bar, and a status the time beside it.
type part struct {
	text string
	rank int
}

const barRank = 6

// line is, in so many columns, what is waited for, how far it is, how long that took, and how long is left. What it is
// called goes before all else.
func (s *state) line(now time.Time, width int, p term.Palette) string {
	const shortest = 12 // columns of a name
	label, status, parts := "", "", s.parts(now)
	if it := s.alone(); it != nil && it.receiving() {
		label, parts = filepath.Base(term.Line(it.path)), parts[1:]
	} else if it != nil {
		label, status = name(it.id), statusWord(it.status)
	}
	text := fit(parts, width)
	if left := width - term.Width(text) - 1; label != "" && left >= min(shortest, term.Width(label)) {
		text = term.Shorten(label, left) + " " + text
	}
	return strings.Replace(text, status, p.Status(status, status), min(1, len(status)))
}

// heartbeat is the same as a line of a log; nothing when there is nothing under way.
func (s *state) heartbeat(now time.Time) string {
	label := ""
	switch it := s.alone(); {
	case s.total() == s.done:
		return ""
	case it != nil && it.status.Terminal() && !it.receiving():
		label = name(it.id) + " "
	case it != nil:
		label = name(it.id) + " still "
	}
	parts := slices.DeleteFunc(s.parts(now), func(p part) bool { return p.rank == barRank })
	return label + fit(parts, math.MaxInt)
}

func (s *state) parts(now time.Time) (parts []part) {
	it, spent := s.alone(), now.Sub(s.began)
	switch {
	case s.total() <= 1 && s.done+len(s.open) == 0:
		parts = []part{{"asking the API", 0}, {" for", 4}, {" " + span(spent), 1}}
	case it != nil && it.receiving():
		parts = []part{{"receiving", 0}}
	case it != nil:
		parts = []part{{statusWord(it.status), 0}, {" after", 4}, {" " + span(it.age(now)), 1}}
		if it.status == charge.Succeeded {
			parts = append(parts, part{", file to come", 5})
		}
	default:
		parts = []part{{fmt.Sprintf("%d of %d done", s.done, s.total()), 0}, {s.counts(), 9}, {" after", 4}, {" " + span(spent), 1}}
	}
	parts = append(parts, s.transfer(now)...)
	if !s.deadline.IsZero() {
		left := part{", " + span(s.deadline.Sub(now)) + " left", 3}
		if it != nil && it.receiving() {
			left.rank = 10 // no transfer is cut by the deadline
		}
		parts = append(parts, left)
	}
	return parts
}

// transfer is how far the files that arrive are: percentage and bar where all sizes are known, bytes, rate and time to go.
func (s *state) transfer(now time.Time) (parts []part) {
	const longest, barWidth = 1000 * time.Hour, 10 // longest is what a file that hardly moves takes at most
	var done, all int64
	rate, known, arriving := 0.0, true, false // bytes per second, and whether all sizes are
	for _, it := range s.open {
		if !it.receiving() {
			continue
		}
		done, all, known, arriving = done+it.bytes, all+it.size, known && it.size >= 0, true
		if spent := now.Sub(it.since).Seconds(); spent > 0 {
			rate += float64(it.bytes-it.from) / spent
		}
	}
	switch {
	case !arriving:
		return nil
	case known && all > 0:
		share := float64(min(done, all)) / float64(all)
		full := int(share * barWidth)
		bar := " " + strings.Repeat("█", full) + strings.Repeat("░", barWidth-full)
		parts = []part{{fmt.Sprintf(", %d%%", int(share*100)), 0}, {bar, barRank}, {" " + size(done), 5}, {" of " + size(all), 7}}
	default:
		parts = []part{{", " + size(done), 0}}
	}
	if rate > 0 {
		parts = append(parts, part{", " + size(int64(rate)) + "/s", 8})
	}
	if missing := float64(all - done); rate > 0 && known && missing > 0 {
		left := time.Duration(min(missing/rate, longest.Seconds()) * float64(time.Second))
		parts = append(parts, part{", " + span(left) + " to go", 2})
	}
	return parts
}

// fit joins the parts that there are columns for.
func fit(parts []part, width int) string {
	for {
		text, dropped := "", -1
		for i, p := range parts {
			text += p.text
			if p.rank > 0 && (dropped < 0 || p.rank >= parts[dropped].rank) {
				dropped = i
			}
		}
		text = strings.TrimLeft(text, ", ")
		if term.Width(text) <= width {
			return text
		}
		if dropped < 0 {
			return term.Shorten(text, width)
		}
		parts = slices.Delete(parts, dropped, dropped+1)
	}
}

// counts are the items that are not done by what they do, as in ", 3 processing, 25 pending". A status that this program
// does not know is an other one.
func (s *state) counts() (text string) {
	classes := []string{"receiving", "succeeded", "processing", "pending", "other", "waiting"}
	counts := map[string]int{"waiting": s.total() - s.done - len(s.open)}
	for _, it := range s.open {
		class := cmp.Or(string(it.status), "waiting")
		if it.receiving() {
			class = "receiving"
		} else if !slices.Contains(classes, class) {
			class = "other"
		}
		counts[class]++
	}
	for _, class := range classes {
		if counts[class] > 0 {
			text += fmt.Sprintf(", %d %s", counts[class], class)
		}
	}
	return text
}

// was is what became of an item: rpt_1 succeeded after 12s.
func (it *item) was(now time.Time) string {
	return name(it.id) + " " + statusWord(it.status) + " after " + span(it.age(now))
}

func name(id string) string { return charge.Clip(term.Line(id), 48) }

func statusWord(s charge.Status) string {
	return charge.Clip(term.Line(cmp.Or(string(s), "not seen yet")), 40)
}

// size prints a number of bytes in decimal units (SI), as file managers and drives do.
func size(bytes int64) string { return humanize.Bytes(uint64(max(0, bytes))) }

// span prints a duration for people, to the second below an hour: 12s, 1m30s, 2h5m.
func span(d time.Duration) string {
	d = max(0, d.Round(time.Second))
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(d.String())
}
