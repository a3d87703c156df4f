package reports

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/poll"
)

// standing is an API whose reports have ended already, each in its own way; asking about a failed one takes a second.
type standing struct {
	*fakeBackend
	ends map[string]charge.Status
}

func (s standing) Report(ctx context.Context, id string) (charge.Report, error) {
	if s.ends[id] == charge.Failed {
		charge.Sleep(ctx, time.Second)
	}
	r := s.report
	r.ID, r.Status = id, s.ends[id]
	return r, nil
}

// TestNoFileIsNoTransfer shows that a report without a file is told of while all transfers are taken.
func TestNoFileIsNoTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakeBackend(t)
		release := make(chan struct{})
		p.host = func(_ int, r charge.FileRange) (*charge.File, error) {
			<-release
			return honest(content(), r), nil
		}
		p.Service.Poll = standing{p, map[string]charge.Status{"rpt_0": charge.Succeeded, "rpt_1": charge.Succeeded, "rpt_2": charge.Failed}}
		name, err := filename.Parse("{id}")
		if err != nil {
			t.Fatal(err)
		}
		o := DownloadOptions{WaitOptions: WaitOptions{Timeout: poll.Never}, Target: Target{Dir: p.dir, Name: name}, Jobs: 1}
		ended := make(chan string, 3)
		done := make(chan error)
		go func() {
			_, err := p.Download(t.Context(), []string{"rpt_0", "rpt_1", "rpt_2"}, o, func(l Saved) { ended <- l.ID })
			done <- err
		}()
		time.Sleep(2 * time.Second)
		if len(ended) != 1 || <-ended != "rpt_2" {
			t.Error("the report that failed is not told of while the others' files arrive")
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestSignalEndsTheQueue: what is ready but has not begun to arrive is left alone after a signal.
func TestSignalEndsTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFakeBackend(t)
		ctx, signal := context.WithCancel(t.Context())
		p.host = func(n int, r charge.FileRange) (*charge.File, error) {
			signal()
			return nil, charge.Errorf(charge.KindTemporary, "cut")
		}
		ends, ids := map[string]charge.Status{}, []string{}
		for i := range 100 {
			ids = append(ids, fmt.Sprintf("rpt_%d", i))
			ends[ids[i]] = charge.Succeeded
		}
		p.Service.Poll = standing{p, ends}
		name, err := filename.Parse("{id}")
		if err != nil {
			t.Fatal(err)
		}
		o := DownloadOptions{WaitOptions: WaitOptions{Timeout: poll.Never}, Target: Target{Dir: p.dir, Name: name}, Jobs: 2}
		errs, err := p.Download(ctx, ids, o, func(Saved) {})
		if err != nil || len(p.asked) > 2 {
			t.Errorf("%v, %d files were asked for", err, len(p.asked))
		}
		for i, err := range errs {
			if charge.KindOf(err) != charge.KindInterrupted {
				t.Errorf("%s: %v", ids[i], err)
			}
		}
		p.wantOnly()
	})
}
