package cli

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestHintsSayHowLongToWait(t *testing.T) {
	busy := &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, RetryAfter: 90*time.Minute + time.Millisecond}
	want := []string{"the server asks to wait 1h30m0s", "continue with: chargectl reports wait rpt_1"}
	if diff := cmp.Diff(want, (&App{}).hints(busy, exitRowOf(busy.Kind), "chargectl reports wait rpt_1")); diff != "" {
		t.Error(diff)
	}
}
