package progress

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// The sentences about a run, shared by the live line and the lines of a log.

func name(id string) string { return charge.Clip(term.Line(id), 48) }

func statusWord(s charge.Status) string {
	if s == "" {
		return "not seen yet"
	}
	return charge.Clip(term.Line(string(s)), 40)
}

// size prints a number of bytes in decimal units (SI), as file managers and drives do.
func size(bytes int64) string { return humanize.Bytes(uint64(max(0, bytes))) }

// span prints a duration for people, to the second below an hour: 12s, 1m30s, 2h5m.
func span(d time.Duration) string {
	d = max(0, d.Round(time.Second))
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// remaining is ", 58m30s left" or nothing.
func (s *state) remaining(now time.Time) string {
	if left, ok := s.left(now); ok {
		return ", " + span(left) + " left"
	}
	return ""
}

func (s *state) finished() string { return fmt.Sprintf("%d of %d done", s.done, s.total()) }

// counts are the items that are not done by what they do, as in ", 3 processing, 25 pending".
func (s *state) counts() string {
	counts := map[string]int{"waiting": s.total() - s.done - len(s.open)}
	for _, it := range s.listed() {
		counts[it.class()]++
	}
	text := ""
	for _, class := range []string{"receiving", "succeeded", "processing", "pending", "other", "waiting"} {
		if counts[class] > 0 {
			text += fmt.Sprintf(", %d %s", counts[class], class)
		}
	}
	return text
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

// standing is one item in words: processing after 12s, or the bytes of its file.
func (it *item) standing(now time.Time) string {
	switch text := statusWord(it.status) + " after " + span(it.age(now)); {
	case it.receiving():
		return "receiving " + transferOf([]*item{it}, now).String()
	case it.status == charge.Succeeded:
		return text + ", file to come"
	default:
		return text
	}
}

// heartbeat says that the run is alive, in one line; nothing when there is nothing under way.
func (s *state) heartbeat(now time.Time) string {
	open := s.listed()
	switch {
	case len(open) == 1 && s.total() == 1:
		it, still := open[0], " still "
		if it.status.Terminal() && !it.receiving() {
			still = " "
		}
		return name(it.id) + still + it.standing(now) + s.remaining(now)
	case s.total() > s.done:
		return s.finished() + s.counts() + " after " + span(now.Sub(s.began)) + s.remaining(now)
	default:
		return ""
	}
}

// transfer is how far files that arrive are; size is -1 as soon as one is unknown.
type transfer struct {
	bytes, size int64
	rate        float64 // bytes per second, 0 while that is unknown
}

func transferOf(items []*item, now time.Time) (t transfer) {
	for _, it := range items {
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
	return t
}

// String is bytes, rate and time left.
func (t transfer) String() string { return size(t.bytes) + t.of() + t.speed() + t.toGo() }

func (t transfer) of() string {
	if t.size <= 0 {
		return ""
	}
	return " of " + size(t.size)
}

func (t transfer) speed() string {
	if t.rate <= 0 {
		return ""
	}
	return ", " + size(int64(t.rate)) + "/s"
}

func (t transfer) toGo() string {
	const longest = 1000 * time.Hour // what a transfer that hardly moves is said to take at most
	missing := t.size - t.bytes
	if t.rate <= 0 || missing <= 0 {
		return ""
	}
	return ", " + span(time.Duration(min(float64(missing)/t.rate, longest.Seconds())*float64(time.Second))) + " to go"
}

// reasonOf leaves out what differs between the same trouble of two reports.
func reasonOf(err error) string {
	if e, ok := errors.AsType[*charge.Error](err); ok && e.Reason != "" {
		return term.Line(e.Reason)
	}
	if err == nil {
		return ""
	}
	return term.Line(err.Error())
}

// endedText says how an item ended; nothing of errors, which the command's last lines say, nor of what has no file.
func endedText(id, path string, skipped bool, err error) string {
	switch {
	case err != nil || path == "":
		return ""
	case skipped:
		return term.Line(path) + " is already there"
	case id == "":
		return "wrote " + term.Line(path)
	default:
		return name(id) + " written to " + term.Line(path)
	}
}
