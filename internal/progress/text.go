package output

import (
	"fmt"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// fewItems is up to how many items each has its own line; above it there is one summary.
const fewItems = 5

// longestToGo is what a transfer that hardly moves is said to take at most.
const longestToGo = 1000 * time.Hour

// activeItems is up to how many lines a run over many shows of what is under way.
const activeItems = 8

// The sentences of progress, shared by the terminal's frame and the lines of a log.

func name(id string) string { return charge.Clip(line(id), 48) }

func statusWord(s charge.Status) string {
	if s == "" {
		return "not seen yet"
	}
	return charge.Clip(line(string(s)), 40)
}

// remaining is ", 58m30s left" or nothing.
func (b *board) remaining(now time.Time) string {
	if left, ok := b.left(now); ok {
		return ", " + span(left) + " left"
	}
	return ""
}

// summary counts: 12 of 40 done, 3 processing, 25 pending after 1m30s, 58m30s left.
func (b *board) summary(now time.Time) string {
	counts := map[string]int{"waiting": b.total() - b.done - len(b.open)}
	for _, it := range b.listed() {
		counts[it.class()]++
	}
	words := []string{fmt.Sprintf("%d of %d done", b.done, b.total())}
	for _, class := range []string{"receiving", "succeeded", "processing", "pending", "other", "waiting"} {
		if counts[class] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[class], class))
		}
	}
	return strings.Join(words, ", ") + " after " + span(now.Sub(b.began)) + b.remaining(now)
}

// class is what an item counts as in a summary; a status that this program does not know is an other one.
func (it *item) class() string {
	switch {
	case it.receiving():
		return "receiving"
	case it.status == "":
		return "waiting"
	case it.status == charge.Pending || it.status == charge.Processing || it.status == charge.Succeeded:
		return string(it.status)
	default:
		return "other"
	}
}

// state is one item in words: processing after 12s, or the bytes of its file.
func (it *item) state(now time.Time) string {
	if it.receiving() {
		return "receiving " + transfer([]*item{it}, now)
	}
	return statusWord(it.status) + " after " + span(it.age(now))
}

// standing is the state of an item that is not over: one whose report is ready lacks its file.
func (it *item) standing(now time.Time) string {
	if it.status == charge.Succeeded && !it.receiving() {
		return it.state(now) + ", file to come"
	}
	return it.state(now)
}

// still is standing for an item of which nothing has been said for a while.
func (it *item) still(now time.Time) string {
	if it.status.Terminal() && !it.receiving() {
		return it.standing(now)
	}
	return "still " + it.standing(now)
}

// transfer is bytes, rate and time left of files that are arriving.
func transfer(items []*item, now time.Time) string {
	var t tally
	for _, it := range items {
		t.add(it, now)
	}
	text := size(t.bytes)
	if t.size > 0 {
		text += " of " + size(t.size)
	}
	if t.rate <= 0 {
		return text
	}
	text += ", " + size(int64(t.rate)) + "/s"
	if missing := t.size - t.bytes; missing > 0 {
		seconds := min(float64(missing)/t.rate, longestToGo.Seconds())
		text += ", " + span(time.Duration(seconds*float64(time.Second))) + " to go"
	}
	return text
}

// tally adds files up; size is -1 as soon as one is unknown.
type tally struct {
	bytes, size int64
	rate        float64 // bytes per second
}

func (t *tally) add(it *item, now time.Time) {
	t.bytes += it.bytes
	if t.size >= 0 && it.size >= 0 {
		t.size += it.size
	} else {
		t.size = -1
	}
	if spent := now.Sub(it.rate.first).Seconds(); spent > 0 {
		t.rate += float64(it.bytes-it.rate.from) / spent
	}
}

// heartbeat says that the run is alive, in one line; nothing when there is nothing under way.
func (b *board) heartbeat(now time.Time) string {
	open := b.listed()
	switch {
	case len(open) == 1 && b.total() == 1:
		return name(open[0].id) + " " + open[0].still(now) + b.remaining(now)
	case b.total() > b.done:
		return b.summary(now)
	default:
		return ""
	}
}
