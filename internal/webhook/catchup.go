package webhook

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// generation is how long a report may have been in the making when its event was lost.
	generation = time.Hour
	// dateSlack is what is lost of a server's clock by giving it in whole seconds, and on the way.
	dateSlack = 2 * time.Second
)

// catchUp reads the listing at once and then at every interval, until ctx ends, for reports whose event has not come.
func (l *Listener) catchUp(ctx context.Context) {
	tries := 0
	for wait := time.Duration(0); charge.Sleep(ctx, wait); {
		wait = l.options.CatchUp
		switch err := l.readListing(ctx); {
		case ctx.Err() != nil, err == nil && wait == 0:
			return
		case err == nil:
			tries = 0
		default:
			wait = backoff(tries, err)
			tries++
			l.service.Observer.PollFailed("", err, wait)
		}
	}
}

// readListing reads the listing, newest first, back to the first start of the journal, but no further than an earlier reading
// has left nothing to come, and accepts every report that has succeeded since and is not known.
func (l *Listener) readListing(ctx context.Context) error {
	if err := l.pause.Wait(ctx); err != nil {
		return err
	}
	since, listed := l.journal.horizon()
	from, settled := slices.MaxFunc([]time.Time{since, listed}, time.Time.Compare).Add(-generation), time.Now()
	filter := charge.ReportFilter{}
	if l.options.Fleet != nil {
		filter.Fleet = *l.options.Fleet
	}
	for page, err := range l.service.Reports.ReportPages(ctx, filter) {
		if err != nil {
			return err
		}
		var found []string
		past := false
		for _, r := range page {
			var ahead time.Duration // how far the server's clock is ahead of ours
			if !r.Seen.IsZero() {
				ahead = time.Until(r.Seen)
			}
			created := r.Created.Add(-ahead)
			switch {
			case r.Created.IsZero():
			case created.Before(from):
				past = true
				continue
			case !r.Status.Terminal():
				settled = slices.MinFunc([]time.Time{settled, created}, time.Time.Compare)
			}
			if r.Status == charge.Succeeded && l.options.wants(r) && !cmp.Or(r.Finished, r.Created).Add(dateSlack-ahead).Before(since) {
				found = append(found, r.ID)
			}
		}
		if err := l.journal.accept(ctx, time.Now(), found...); err != nil {
			return err
		}
		if past {
			break
		}
	}
	l.journal.note(record{word: wordListed, at: settled})
	return nil
}
