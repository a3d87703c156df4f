package poll

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// strangeListing is the API with a listing of a test's own.
type strangeListing struct {
	*fakeAPI
	pages func(ctx context.Context, page int, honest []charge.Report) ([]charge.Report, error)
}

func (s strangeListing) ReportPages(ctx context.Context, _ charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) {
		for number := 1; ; number++ {
			if err := s.answer(ctx, ""); err != nil {
				yield(nil, err)
				return
			}
			honest, _ := s.page(1, "")
			page, err := s.pages(ctx, number, honest)
			if !yield(page, err) || err != nil || page == nil {
				return
			}
		}
	}
}

func foreign(page int) (reports []charge.Report) {
	for i := range 100 {
		created := time.Now().Add(-time.Duration(page*100+i) * time.Millisecond)
		reports = append(reports, charge.Report{ID: fmt.Sprintf("rpt_foreign_%d_%d", page, i), Status: charge.Pending, Created: created, Seen: time.Now()})
	}
	return reports
}

// TestNoListingDelaysAWait waits for 40 reports that take between a second and ten minutes, beside listings of all kinds.
// Each is seen to end within a seventh of the time that it took, and a little, or within three seconds.
func TestNoListingDelaysAWait(t *testing.T) {
	hang := func(ctx context.Context, _ int, _ []charge.Report) ([]charge.Report, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	failing := func(err error) func(context.Context, int, []charge.Report) ([]charge.Report, error) {
		return func(context.Context, int, []charge.Report) ([]charge.Report, error) { return nil, err }
	}
	for name, pages := range map[string]func(context.Context, int, []charge.Report) ([]charge.Report, error){
		"honest": func(_ context.Context, page int, honest []charge.Report) ([]charge.Report, error) {
			if page > 1 {
				return nil, nil
			}
			return honest, nil
		},
		"hangs": hang,
		"hangs from its second page on": func(ctx context.Context, page int, honest []charge.Report) ([]charge.Report, error) {
			if page > 1 {
				return hang(ctx, page, honest)
			}
			return honest[:len(honest)/2], nil
		},
		"fails":      failing(fault(charge.KindTemporary)),
		"is refused": failing(fault(charge.KindAuth)),
		"is limited": failing(&charge.Error{Kind: charge.KindTemporary, HTTPStatus: 503, RetryAfter: 24 * time.Hour}),
		"is empty":   func(context.Context, int, []charge.Report) ([]charge.Report, error) { return []charge.Report{}, nil },
		"shows others, for ever": func(_ context.Context, page int, _ []charge.Report) ([]charge.Report, error) {
			return foreign(page), nil
		},
		"shows the first page for ever": func(_ context.Context, _ int, honest []charge.Report) ([]charge.Report, error) {
			return honest, nil
		},
		"takes five seconds a page": func(ctx context.Context, page int, honest []charge.Report) ([]charge.Report, error) {
			charge.Sleep(ctx, 5*time.Second)
			if page > 1 {
				return nil, ctx.Err()
			}
			return honest, ctx.Err()
		},
		"knows no times": func(_ context.Context, _ int, honest []charge.Report) ([]charge.Report, error) {
			for i := range honest {
				honest[i].Created, honest[i].Seen = time.Time{}, time.Time{}
			}
			return honest, nil
		},
	} {
		inBubble(t, name, func(t *testing.T) {
			reports, ids := several(40, 0)
			for i, r := range reports {
				r.takes = time.Second + time.Duration(i*i*i)*10*time.Millisecond
			}
			api := newFakeAPI(reports...)
			api.single, api.listed = 50*time.Millisecond, 100*time.Millisecond
			p, _ := pollerOf(strangeListing{api, pages}, limited(time.Hour))
			ended := 0
			for i, end := range p.WaitAll(t.Context(), ids) {
				ended++
				delay := time.Since(reports[i].created) - reports[i].takes
				if allowed := max(3*time.Second, reports[i].takes*3/20); end.Err != nil || delay > allowed {
					t.Errorf("%s took %s and was seen %s later: %v", end.ID, reports[i].takes, delay, end.Err)
				}
			}
			if ended != len(ids) || api.total() > 40*len(ids) {
				t.Errorf("%d ends, %d requests", ended, api.total())
			}
			t.Logf("%d requests, %d of them pages", api.total(), len(api.asks("")))
		})
	}
}
