package cli

import (
	"log/slog"
	"maps"
	"slices"

	"github.com/chargectl/chargectl/internal/api"
)

// trace tells --debug of every HTTP attempt, without the key and without bodies.
func (a *App) trace() func(api.Attempt) {
	if !a.global.debug {
		return nil
	}
	return func(t api.Attempt) {
		attrs := []slog.Attr{
			slog.String("method", t.Method), slog.String("url", t.URL), slog.Int("status", t.Status),
			slog.Int("attempt", t.Number), slog.Int64("duration_ms", t.Duration.Milliseconds()),
		}
		if t.Request != "" {
			attrs = append(attrs, slog.String("request", t.Request))
		}
		if t.Bytes >= 0 {
			attrs = append(attrs, slog.Int64("bytes", t.Bytes))
		}
		if t.Wait > 0 {
			attrs = append(attrs, slog.Int64("wait_ms", t.Wait.Milliseconds()))
		}
		if t.Err != nil {
			attrs = append(attrs, slog.String("error", t.Err.Error()))
		}
		for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
			attrs = append(attrs, slog.String(name, t.Headers[name]))
		}
		a.Out().Trace("http", attrs...)
	}
}
