package reports

import (
	"context"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// sweepFrom is the number of open reports from which on reading the listing is considered.
	sweepFrom = 4
	// perPage is how many reports a listing page holds.
	perPage = 100
	// sweepTries is how many sweeps may fail in a row before reports are asked for singly in their place.
	sweepTries = 2
)

// pagesWorth returns how many listing pages to read before asking for the rest one by one, 0 for none.
func (w *watcher) pagesWorth(due, open []*watched) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(open) < sweepFrom || time.Now().Before(w.singly) {
		return 0
	}
	return cheapestSweep(expectedPages(due))
}

// expectedPages says on which page each report will be found; those never listed are taken to be the newest.
func expectedPages(due []*watched) []int {
	pages := make([]int, len(due))
	for i, item := range due {
		pages[i] = max(item.page, 1+i/perPage)
	}
	slices.Sort(pages)
	return pages
}

// cheapestSweep returns the number of pages p for which p requests and one for each report beyond page p are fewest;
// between equals the larger one, which also shows reports that are not due.
func cheapestSweep(sorted []int) int {
	best, cost := 0, len(sorted)
	for i, page := range sorted {
		if beyond := len(sorted) - i - 1; page+beyond <= cost {
			best, cost = page, page+beyond
		}
	}
	return best
}

// sweep reads listing pages and takes in every open report on them. It returns the due reports that were not there:
// a listing is no proof that a report is gone, so those are asked for singly.
func (w *watcher) sweep(ctx context.Context, pages int, open, due []*watched) []*watched {
	wanted := make(map[string][]*watched, len(open))
	for _, item := range open {
		wanted[item.id] = append(wanted[item.id], item)
	}
	unseen := func(item *watched) bool { return wanted[item.id] != nil }
	missing, read := due, 0
	for page, err := range w.looks.ReportPages(ctx, charge.ReportFilter{}) {
		if err != nil {
			return w.sweepFailed(ctx, open, missing, unseen, err)
		}
		read++
		w.sawPage(page, wanted, read)
		missing = filter(missing, unseen)
		if len(missing) == 0 || pastOldest(page, missing) || read >= pages && read >= len(missing) {
			break
		}
	}
	w.swept(open, missing, unseen, read)
	return missing
}

func (w *watcher) sawPage(page []charge.Report, wanted map[string][]*watched, number int) {
	for _, r := range page {
		for _, item := range wanted[r.ID] {
			w.saw(item, r, number)
		}
		delete(wanted, r.ID)
	}
}

func filter(items []*watched, keep func(*watched) bool) []*watched {
	return slices.DeleteFunc(slices.Clone(items), func(item *watched) bool { return !keep(item) })
}

// pastOldest says that no missing report can be on a later page, because all were created after this one's last.
func pastOldest(page []charge.Report, missing []*watched) bool {
	if len(page) == 0 || page[len(page)-1].Created.IsZero() {
		return false
	}
	last := page[len(page)-1].Created
	return !slices.ContainsFunc(missing, func(item *watched) bool {
		created := item.report.Created
		return created.IsZero() || !created.After(last)
	})
}

// swept sets the pace after a sweep: one page is as cheap as one look, several are paced by the oldest report.
func (w *watcher) swept(open, missing []*watched, unseen func(*watched) bool, read int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = 0
	for _, item := range missing {
		item.page = max(item.page, read+1)
	}
	if read < 2 || w.interval > 0 {
		return
	}
	now := time.Now()
	var oldest time.Duration
	for _, item := range w.open {
		oldest = max(oldest, item.age(now))
	}
	next := now.Add(nextSweep(oldest, w.jitter()))
	for _, item := range open {
		if !unseen(item) {
			item.due = next
		}
	}
}

// sweepFailed takes in a page that did not come. A listing that is refused may be refused alone, so single looks take
// its place and tell; what may pass is tried again before they do. It returns the reports to ask for singly now.
func (w *watcher) sweepFailed(ctx context.Context, open, missing []*watched, unseen func(*watched) bool, err error) []*watched {
	if ctx.Err() != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if charge.KindOf(err) != charge.KindTemporary {
		w.singly = now.Add(maxSweepPace)
		return missing
	}
	w.failed++
	asked := w.heed(err, now)
	if w.failed > sweepTries {
		w.singly = now.Add(maxFailPace)
		return missing
	}
	w.sweepAgain(filter(open, unseen), err, asked)
	return nil
}

// sweepAgain lets all that a sweep did not show wait for the next one, which will show all of them.
func (w *watcher) sweepAgain(unseen []*watched, err error, asked time.Duration) {
	now := time.Now()
	wait := maxPace
	for _, item := range unseen {
		wait = min(wait, w.pace(item, now))
	}
	wait = nextTry(wait, asked)
	for _, item := range unseen {
		if w.once {
			w.end(item, err)
		}
		item.failing, item.due = err, now.Add(wait)
	}
	if !w.once {
		w.observer.LookFailed("", err, wait)
	}
}
