package exit

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestHintsSayHowLongToWait(t *testing.T) {
	busy := &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, RetryAfter: 90*time.Minute + time.Millisecond}
	want := []string{"the server asks to wait 1h30m0s", "continue with: chargectl reports wait rpt_1"}
	got := Describe(Continue(busy, Command{Path: []string{"reports", "wait"}, IDs: []string{"rpt_1"}}), "")
	if diff := cmp.Diff(want, got[0].Hints); diff != "" {
		t.Error(diff)
	}
}

func TestMembersAreAllOfThem(t *testing.T) {
	var names []string
	for _, member := range Members() {
		names = append(names, member[0])
	}
	want := []string{"kind", "code", "message", "param", "request", "doc_url", "exit_code", "retryable", "retry_after", "report", "resume"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}
