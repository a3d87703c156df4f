package poll

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pause
		began := time.Now()
		if err := p.Wait(t.Context()); err != nil || time.Since(began) > 0 {
			t.Errorf("nothing holds it back: %v after %s", err, time.Since(began))
		}
		p.Hold(time.Minute)
		p.Hold(time.Second) // shortens nothing
		time.AfterFunc(30*time.Second, func() { p.Hold(time.Minute) })
		if err := p.Wait(t.Context()); err != nil || time.Since(began) != 90*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		p.Hold(time.Hour)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := p.Wait(ctx); charge.KindOf(err) != charge.KindDeadline {
			t.Errorf("%v", err)
		}
	})
}

// TestPauseIsShared has a limit that something else met hold back polls, and one that a poll met hold back the others.
func TestPauseIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", 0))
		api.fault = until(15*time.Second, &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, Reason: "too many requests"})
		p, _ := pollerOf(api, limited(time.Hour))
		pause := &p.Pause
		pause.Hold(10 * time.Second)
		ended := beside(func() End { return p.Wait(t.Context(), "rpt_a") })
		time.Sleep(10*time.Second + time.Millisecond)
		if asks := api.asks("rpt_a"); len(asks) != 1 || asks[0] != 10*time.Second {
			t.Errorf("polled at %v", asks)
		}
		if !pause.Until().After(time.Now()) {
			t.Error("a 429 without Retry-After holds nothing back")
		}
		if end := <-ended; end.Err != nil {
			t.Error(end.Err)
		}
	})
}
