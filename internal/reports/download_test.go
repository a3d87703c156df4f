package reports

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/poll"
)

// standing is an API whose reports have ended already, each in its own way; the failed ones take a second to look at.
type standing struct {
	*port
	ends map[string]charge.Status
}

func (s standing) Report(ctx context.Context, id string) (charge.Report, error) {
	if s.ends[id] == charge.Failed {
		pause(ctx, time.Second)
	}
	r := s.report
	r.ID, r.Status = id, s.ends[id]
	return r, nil
}

// TestNoFileIsNoTransfer shows that a report without a file is told of while all transfers are taken.
func TestNoFileIsNoTransfer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		release := make(chan struct{})
		p.host = func(_ int, r charge.FileRange) (*charge.File, error) {
			<-release
			return honest(content(), r), nil
		}
		p.Service.Watch = standing{p, map[string]charge.Status{"rpt_1": charge.Succeeded, "rpt_2": charge.Failed}}
		name, err := filename.Parse("{id}")
		if err != nil {
			t.Fatal(err)
		}
		o := DownloadOptions{WaitOptions: WaitOptions{Timeout: poll.Never}, Target: Target{Dir: p.dir, Name: name}, Jobs: 1}
		ended := make(chan string, 2)
		done := make(chan error)
		go func() {
			_, err := p.Download(t.Context(), []string{"rpt_1", "rpt_2"}, o, func(l Landed) { ended <- l.ID })
			done <- err
		}()
		time.Sleep(2 * time.Second)
		if len(ended) != 1 || <-ended != "rpt_2" {
			t.Error("the report that failed is not told of while the other's file arrives")
		}
		close(release)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
