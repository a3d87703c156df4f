package progress

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// part is a piece of a sentence about the run. Where there is not enough room, parts go by rank, the highest first; those
// of rank 0 stay, so that a percentage outlives its bar, and a status the time beside it.
type part struct {
	text string
	rank int
}

const (
	nameRank = 3 // of the name of the file that arrives
	barRank  = 4
	idRank   = 10 // of a report's id, which goes before all else: it has been told already
)

// line is, in so many columns, what is waited for, how far it is, and how long that took.
func (s *state) line(now time.Time, width int, p term.Palette, g term.Glyphs) string {
	label, rank, status, parts := "", idRank, "", s.parts(now, g)
	if it := s.alone(); it != nil && it.receiving() {
		label, rank, parts = filepath.Base(term.Line(it.path)), nameRank, parts[1:]
		parts[0].text = strings.TrimPrefix(parts[0].text, ", ")
	} else if it != nil {
		label, status = name(it.id), statusWord(it.status)
	}
	return strings.Replace(fit(label, rank, parts, width, g), status, p.Status(status, status), min(1, len(status)))
}

// heartbeat is the same as a line of a log; nothing when there is nothing under way.
func (s *state) heartbeat(now time.Time) string {
	label := ""
	switch it := s.alone(); {
	case s.total() == s.done:
		return ""
	case it != nil && it.receiving():
		label = term.Line(it.path) + " still "
	case it != nil && it.status.Terminal():
		label = name(it.id) + " "
	case it != nil:
		label = name(it.id) + " still "
	}
	for _, p := range s.parts(now, term.UnicodeGlyphs) {
		if p.rank != barRank {
			label += p.text
		}
	}
	return strings.Join(strings.Fields(label), " ") // what keeps numbers in their columns is for a line that moves
}

func (s *state) parts(now time.Time, g term.Glyphs) (parts []part) {
	it, spent := s.alone(), span(now.Sub(s.began))
	switch {
	case s.total() <= 1 && s.done+len(s.open) == 0:
		return []part{{"asking the API", 0}, {" for " + spent, 1}}
	case it != nil && it.receiving():
		return append([]part{{"receiving", 0}}, s.transfer(now, g)...) // the deadline is for reports: it cuts no transfer
	case it != nil:
		parts = []part{{it.was(), 0}}
		if it.status == charge.Succeeded {
			parts = append(parts, part{", file to come", 5})
		}
	default:
		width := len(strconv.Itoa(s.total()))
		parts = append([]part{{fmt.Sprintf("%*d of %d done", width, s.done, s.total()), 0}}, s.counts(g)...)
	}
	parts = append(append(parts, s.transfer(now, g)...), part{", waiting for " + spent, 2})
	if reason := s.failing(); reason != "" {
		parts = append(parts, part{": " + reason, 8})
	}
	if left := s.deadline.Sub(now); !s.deadline.IsZero() && left <= s.deadline.Sub(s.began)/4 {
		parts = append(parts, part{", gives up in " + span(left), 3})
	}
	return parts
}

// transfer is how far the files that arrive are: percentage and bar where all sizes are known, bytes, rate and time to go.
// All have the same width from begin to end, so that nothing jumps.
func (s *state) transfer(now time.Time, g term.Glyphs) (parts []part) {
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
		parts = []part{
			{fmt.Sprintf(", %3d%%", int(share*100)), 0}, {" " + g.Bar(share, barWidth), barRank}, {" " + charge.FormatBytesOf(done, all), 6},
		}
	default:
		parts = []part{{fmt.Sprintf(", %8s", charge.FormatBytes(done)), 0}}
	}
	if rate > 0 {
		parts = append(parts, part{fmt.Sprintf(", %8s/s", charge.FormatBytes(int64(rate))), 7})
	}
	if missing := float64(all - done); rate > 0 && known && missing > 0 {
		left := time.Duration(min(missing/rate, longest.Seconds()) * float64(time.Second))
		parts = append(parts, part{", " + span(left) + " to go", 1})
	}
	return parts
}

// fit joins the parts that there are columns for. The label before them has a rank too; it is cut before it goes.
func fit(label string, rank int, parts []part, width int, g term.Glyphs) string {
	const shortest = 12 // columns of a label
	for {
		text, dropped := "", -1
		for i, p := range parts {
			text += p.text
			if p.rank > 0 && (dropped < 0 || p.rank >= parts[dropped].rank) {
				dropped = i
			}
		}
		text = strings.TrimPrefix(text, ", ")
		switch room := width - term.Width(text) - 1; {
		case label != "" && room >= min(shortest, term.Width(label)):
			return g.Shorten(label, room) + " " + text
		case label == "" && room >= -1:
			return text
		case label != "" && (dropped < 0 || rank >= parts[dropped].rank):
			label = ""
		case dropped < 0:
			return g.Shorten(text, width)
		default:
			parts = slices.Delete(parts, dropped, dropped+1)
		}
	}
}

// counts are the items that are not done by what they do, as in ", 3 processing, 25 pending". A status that this program
// does not know is an other one. Of the files that arrive the first has its name.
func (s *state) counts(g term.Glyphs) (parts []part) {
	classes := []string{"receiving", "succeeded", "processing", "pending", "other", "to come"}
	counts := map[string]int{"to come": s.total() - s.done - len(s.open)}
	file := ""
	for _, it := range s.open {
		class := cmp.Or(string(it.status), "to come")
		if it.receiving() {
			class, file = "receiving", cmp.Or(file, filepath.Base(term.Line(it.path)))
		} else if !slices.Contains(classes, class) {
			class = "other"
		}
		counts[class]++
	}
	for _, class := range classes {
		if counts[class] == 0 {
			continue
		}
		parts = append(parts, part{fmt.Sprintf(", %d %s", counts[class], class), 7})
		switch {
		case class != "receiving":
		case counts[class] == 1:
			parts = append(parts, part{" " + file, 9})
		default:
			parts = append(parts, part{g.Text(" (" + file + ", …)"), 9})
		}
	}
	return parts
}

// was is what is known of a report: processing; succeeded, took 12s.
func (it *item) was() string {
	if it.took <= 0 {
		return statusWord(it.status)
	}
	return statusWord(it.status) + ", took " + took(it.took)
}

// filed is what became of a file: april.csv: 600 rows, 64.6 kB, took 4s.
func (it *item) filed(skipped bool) string {
	if skipped {
		return term.Line(it.path) + " is already there"
	}
	words := []string{charge.FormatBytes(it.bytes)}
	switch {
	case it.rows == 1:
		words = append([]string{"1 row"}, words...)
	case it.rows >= 0:
		words = append([]string{fmt.Sprintf("%d rows", it.rows)}, words...)
	}
	if it.took > 0 {
		words = append(words, "took "+took(it.took))
	}
	return term.Line(it.path) + ": " + strings.Join(words, ", ")
}

// summary is what became of a run over several items: 36 files in reports: 9 new, 27 already there, 2.3 MB in 7s. It is
// empty where there is nothing to say that the errors do not.
func (s *state) summary(now time.Time) string {
	all, good, fresh, there := cmp.Or(s.wanted, s.total()), s.good+s.there, s.good-s.skipped, s.skipped+s.there
	count := fmt.Sprint(all)
	if good < all {
		count = fmt.Sprintf("%d of %d", good, all)
	}
	spent := took(now.Sub(s.began))
	switch {
	case all <= 1 && there == 0, good == 0:
		return ""
	case there == 1 && all == 1:
		return "already there"
	case there == all:
		return "all " + count + " already there"
	case s.files == 0 && there == 0:
		return count + " reports succeeded, waited for " + spent
	}
	text := count + " files"
	if dir := filepath.Clean(s.dir); dir != "." {
		text += " in " + term.Line(dir)
	}
	var words []string
	if fresh > 0 {
		words = append(words, fmt.Sprintf("%d new", fresh))
	}
	if there > 0 {
		words = append(words, fmt.Sprintf("%d already there", there))
	}
	if fresh > 0 {
		words = append(words, charge.FormatBytes(s.bytes)+" in "+spent)
	}
	return text + ": " + strings.Join(words, ", ")
}

func name(id string) string { return charge.Clip(term.Line(id), 48) }

func statusWord(s charge.Status) string {
	return charge.Clip(term.Line(cmp.Or(string(s), "not seen yet")), 40)
}

// took is how long something took that is over.
func took(d time.Duration) string {
	if d < time.Second {
		return "under 1s"
	}
	return span(d)
}

// span prints a duration for people, to the second below an hour: 12s, 1m30s, 2h5m.
func span(d time.Duration) string {
	d = max(0, d.Round(time.Second))
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(d.String())
}
