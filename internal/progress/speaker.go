package output

import (
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// speaker says events in lines for people. At a terminal the frame shows what passes, so only what stays is said.
type speaker struct{ *Output }

func (speaker) begin(*board, time.Time) {}

// created gives the id alone: what the report is about was said when it was resolved.
func (s speaker) created(r charge.Report) { s.say("created " + name(r.ID)) }

func (s speaker) status(it *item, _ *board, now time.Time) {
	if !s.animated() {
		s.say(name(it.id) + " " + it.state(now))
	}
}

func (s speaker) lookFailed(it *item, again time.Duration) {
	subject := "the reports"
	if it.id != "" {
		subject = name(it.id)
	}
	s.say("could not look at " + subject + ": " + it.reason + "; trying again in " + span(again))
}

// receiving says nothing: most files are there at once, and the heartbeat tells of the others.
func (speaker) receiving(*item) {}

// ended leaves errors to the command's last lines, and to stdout what stdout says on the same terminal.
func (s speaker) ended(id, path string, skipped bool, err error, _ *board) {
	subject := name(id)
	switch {
	case err != nil || path == "" || (s.animated() && s.streams.OutTTY):
	case skipped:
		s.say(line(path) + " is already there")
	case subject == "":
		s.say("wrote " + line(path))
	default:
		s.say(subject + " written to " + line(path))
	}
}

// brief says of many items only how each ended; what they go through on the way is for the frame and the heartbeat.
type brief struct{ speaker }

func (brief) created(charge.Report) {}

func (brief) status(*item, *board, time.Time) {}

// ended tells of an error when it happens: the others may take hours. The end of the whole run is not an item's.
func (b brief) ended(id, path string, skipped bool, err error, all *board) {
	if err == nil {
		b.speaker.ended(id, path, skipped, nil, all)
		return
	}
	switch charge.KindOf(err) {
	case charge.KindInterrupted, charge.KindDeadline, charge.KindAuth:
	default:
		b.say(line(err.Error()))
	}
}

func (s speaker) heartbeat(b *board, now time.Time) {
	if text := b.heartbeat(now); text != "" {
		s.say(text)
	}
}
