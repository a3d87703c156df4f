package reports

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestParseTimeout(t *testing.T) {
	for text, want := range map[string]Timeout{
		"90s": {Limit: 90 * time.Second}, "1h30m": {Limit: 90 * time.Minute}, "0": {}, "0s": {}, "none": {Never: true},
	} {
		if got, err := ParseTimeout(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1s", "10", "1 h", "None", "never", "1d", strings.Repeat("9", 100) + "h"} {
		if _, err := ParseTimeout(text); charge.KindOf(err) != charge.KindUsage || !strings.Contains(err.Error(), "1h30m") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseTimeout(f *testing.F) {
	for _, text := range []string{"90s", "0", "none", "-1s", "1h30m", "9223372036854775807ns", "", "1e9h", "µs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		timeout, err := ParseTimeout(text)
		if err != nil {
			if charge.KindOf(err) != charge.KindUsage {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if again, err := ParseTimeout(timeout.Limit.String()); err != nil || again.Limit != timeout.Limit {
			t.Errorf("%q reads as %+v, whose limit reads as %+v, %v", text, timeout, again, err)
		}
		if timeout.Limit < 0 || timeout.Never && timeout.Once() {
			t.Errorf("%q: %+v", text, timeout)
		}
	})
}

func TestEndingTellsWhy(t *testing.T) {
	signal := errors.New("interrupted by SIGTERM")
	caught := &charge.Error{Kind: charge.KindInterrupted, Reason: signal.Error(), Err: signal}
	for name, c := range map[string]struct {
		end  func(context.Context) (context.Context, context.CancelFunc)
		want charge.Kind
		is   error
	}{
		"a deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithDeadline(ctx, time.Now())
		}, charge.KindDeadline, nil},
		"a signal": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			cancel(caught)
			return Timeout{Limit: time.Hour}.bound(ctx)
		}, charge.KindInterrupted, signal},
		"nobody says": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, charge.KindInterrupted, nil},
	} {
		ctx, cancel := c.end(t.Context())
		defer cancel()
		if got := ending(ctx); got.Kind != c.want || c.is != nil && !errors.Is(got, c.is) {
			t.Errorf("%s: %s: %v", name, got.Kind, got)
		}
	}
}

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if !pause(t.Context(), time.Minute) || time.Since(began) != time.Minute {
			t.Errorf("it lasted %s", time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if pause(ctx, time.Minute) || time.Since(began) != time.Minute+time.Second {
			t.Errorf("it was not cut by its context: %s", time.Since(began))
		}
	})
}
