package output

import (
	"log/slog"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// recorder says events as log lines; LogKeys describes the keys.
type recorder struct{ *Output }

func ms(key string, d time.Duration) slog.Attr { return slog.Int64(key, d.Milliseconds()) }

func (r recorder) begin(b *board, now time.Time) {
	r.record(slog.LevelInfo, "begin", "begin", append(left(b, now), slog.Int("items", b.items))...)
}

// left is the time before the deadline, no attribute when there is none.
func left(b *board, now time.Time) []slog.Attr {
	if d, ok := b.left(now); ok {
		return []slog.Attr{ms("left_ms", d)}
	}
	return nil
}

func (r recorder) created(report charge.Report) {
	r.record(slog.LevelInfo, "created", "created "+report.ID,
		slog.String("report", report.ID), slog.String("status", string(report.Status)))
}

func (r recorder) status(it *item, b *board, now time.Time) {
	r.record(slog.LevelInfo, "status", it.id+" "+it.state(now), append(itemAttrs(it, now), left(b, now)...)...)
}

// itemAttrs says where an item stands.
func itemAttrs(it *item, now time.Time) []slog.Attr {
	attrs := []slog.Attr{slog.String("report", it.id), slog.String("status", string(it.status))}
	if !it.seen.IsZero() {
		attrs = append(attrs, ms("elapsed_ms", it.age(now)))
	}
	if it.receiving() {
		attrs = append(attrs, fileAttrs(it)...)
	}
	return attrs
}

func fileAttrs(it *item) []slog.Attr {
	attrs := []slog.Attr{slog.String("path", it.path), slog.Int64("bytes", it.bytes)}
	if it.size >= 0 {
		attrs = append(attrs, slog.Int64("size", it.size))
	}
	return attrs
}

func (r recorder) lookFailed(it *item, again time.Duration) {
	attrs := []slog.Attr{slog.String("error", it.reason), ms("retry_ms", again)}
	if it.id != "" {
		attrs = append(attrs, slog.String("report", it.id))
	}
	r.record(slog.LevelWarn, "look_error", "could not look: "+it.reason, attrs...)
}

func (r recorder) receiving(it *item) {
	r.record(slog.LevelInfo, "receiving", it.id+" receiving", append(fileAttrs(it), slog.String("report", it.id))...)
}

func (r recorder) ended(id, path string, skipped bool, err error, b *board) {
	attrs := []slog.Attr{slog.Bool("skipped", skipped), slog.Int("done", b.done), slog.Int("items", b.total())}
	for key, value := range map[string]string{"report": id, "path": path} {
		if value != "" {
			attrs = append(attrs, slog.String(key, value))
		}
	}
	if err == nil {
		r.record(slog.LevelInfo, "ended", "ended", attrs...)
		return
	}
	r.record(slog.LevelWarn, "ended", "ended with an error", append(attrs, slog.String("error", err.Error()))...)
}

func (r recorder) heartbeat(b *board, now time.Time) {
	text := b.heartbeat(now)
	if text == "" {
		return
	}
	attrs := append(left(b, now), slog.Int("done", b.done), slog.Int("items", b.total()))
	if open := b.listed(); len(open) == 1 {
		attrs = append(attrs, itemAttrs(open[0], now)...)
	}
	r.record(slog.LevelInfo, "heartbeat", text, attrs...)
}
