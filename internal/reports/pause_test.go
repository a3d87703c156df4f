package reports

import (
	"net/http"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestLimitMetByPollHoldsCreates: a server that takes one report at a time is asked for the next twice a minute, but not
// while it has asked a poll to wait for five minutes.
func TestLimitMetByPollHoldsCreates(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSyncTest(t, 10*time.Minute, "2016-03")
		s.refuse = func(_, open int) error {
			if open > 0 {
				return status(charge.KindTemporary, http.StatusTooManyRequests)
			}
			return nil
		}
		var limited time.Duration
		s.unseen = func(_ string, since time.Duration) error {
			if since < 100*time.Second || limited > 0 {
				return nil
			}
			limited = since
			return &charge.Error{Kind: charge.KindTemporary, HTTPStatus: http.StatusTooManyRequests, RetryAfter: 5 * time.Minute}
		}
		s.run()
		before := 0
		for _, at := range s.creates {
			if at < limited {
				before++
			}
			if at > limited && at < limited+5*time.Minute {
				t.Errorf("a create after %s, although a poll was asked to wait after %s", at, limited)
			}
		}
		if limited == 0 || before < 3 {
			t.Errorf("%d creates before a limit after %s", before, limited)
		}
	})
}
