package progress

import (
	"log/slog"
	"time"
)

// KeyInfo describes one key of a log line.
type KeyInfo struct {
	Name    string
	Meaning string
}

// LogKeys lists the keys of the lines that --log-format json writes, one line per event; keys are only ever added.
// Durations are integers of milliseconds, sizes integers of bytes, times RFC 3339.
func LogKeys() []KeyInfo {
	return []KeyInfo{
		{"time", "when the line was written"},
		{"level", "DEBUG, INFO, WARN or ERROR"},
		{"msg", "the event in words, for people"},
		{"event", "begin, created, status, look_error, receiving, heartbeat, ended, note, debug or problem"},
		{"report", "id of the report concerned"},
		{"status", "the report's status"},
		{"elapsed_ms", "how old the report is"},
		{"left_ms", "time left before the deadline; absent when there is none"},
		{"path", "the file concerned"},
		{"bytes", "bytes of the file on disk so far"},
		{"size", "bytes that the file will have; absent while unknown"},
		{"retry_ms", "how long until the next look"},
		{"error", "why something did not work"},
		{"items", "how many items the run is about"},
		{"done", "how many of them are over"},
		{"skipped", "true when nothing had to be done"},
		{"hint", "what to do next, in a line of event problem"},
		{"kind", "what kind of error it was, in a line of event problem, which has the other members of the error object too"},
		{"exit_code", "the code that the run ends with"},
		{"attrs", "what a debug line says: method, url, status, duration and the like"},
	}
}

func milliseconds(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }

// leftAttrs is the time before the deadline, no attribute when there is none.
func (s *state) leftAttrs(now time.Time) []slog.Attr {
	if d, ok := s.left(now); ok {
		return []slog.Attr{milliseconds("left_ms", d)}
	}
	return nil
}

// countAttrs says how many items are over.
func (s *state) countAttrs() []slog.Attr {
	return []slog.Attr{slog.Int("done", s.done), slog.Int("items", s.total())}
}

// attrs says where an item stands.
func (it *item) attrs(now time.Time) []slog.Attr {
	attrs := []slog.Attr{slog.String("report", it.id), slog.String("status", string(it.status))}
	if !it.seen.IsZero() {
		attrs = append(attrs, milliseconds("elapsed_ms", it.age(now)))
	}
	if it.receiving() {
		attrs = append(attrs, it.fileAttrs()...)
	}
	return attrs
}

func (it *item) fileAttrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("path", it.path), slog.Int64("bytes", it.bytes)}
	if it.size >= 0 {
		attrs = append(attrs, slog.Int64("size", it.size))
	}
	return attrs
}
