package reports

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

const (
	// attempts is how many derived keys an item has beside the dated ones.
	attempts = 3
	// inFlight is how long a conflict under a derived key may mean that another machine's request is under way.
	inFlight      = 10 * time.Second
	conflictPause = time.Second
	// clockSpread is how far the clocks of one API's servers may be apart.
	clockSpread = 250 * time.Millisecond
)

// course is the way of one item to its file: creates under one key after the other, in an order that every machine
// follows, until one leads to the report that was asked for. The server is the ledger: a key leads to what an earlier
// run asked for, on this machine or another.
//
// Attempts 1, 2 and 3 have a key each. The next one is due when a run finds, at its first poll, that the report of the
// one before has failed. Keys may live for ever, so none may be a dead end: one that leads to a report which is gone,
// whose file is gone, or which is not what was asked for, and all three once they have failed on an earlier day, go on
// under the attempt's number with the UTC date, which makes at most one new report a day.
type course struct {
	*run

	item    Item
	body    []byte
	attempt int    // from 1
	date    string // of a dated key, such as 2026-05-01; empty otherwise
	begun   func() // called when the item has had its turn to create
	started *bool  // whether the server may have accepted a create

	report   charge.Report // the last one, as last seen
	replayed bool          // it was there before this run asked
	key      string        // that led to it
	requests []string      // ids of the API's answers about it
	asked    time.Time
	ready    time.Time
}

// one sees one item through to its file. begun is called when the item has had its turn to create.
func (r *run) one(ctx, until context.Context, out *Outcome, begun func()) {
	c := &course{run: r, item: out.Item, attempt: 1, asked: time.Now(), requests: []string{}}
	placed := true // among the open reports
	c.begun, c.started = begun, &out.Started
	err := c.follow(until, func() error {
		// The report has ended at the server: others may be opened while its file is downloaded.
		if placed {
			r.throttle.leave()
			placed = false
		}
		return c.save(ctx, until, out)
	})
	begun()
	if placed {
		r.throttle.leave()
	}
	out.Report, out.Attempt = c.report, c.attempt
	if e, ok := errors.AsType[*charge.Error](err); ok {
		err = e.About("sync "+out.Path, c.report.ID)
	}
	out.Err = err
	out.OnDisk = out.OnDisk || err == nil
	if out.Started {
		r.Observer.Ended(out.Report.ID, out.Path, false, out.Err)
	}
}

// follow walks the course to its end. save is called with each report that has succeeded.
func (c *course) follow(until context.Context, save func() error) (err error) {
	if c.body, err = c.item.Request.Body(); err != nil {
		return err
	}
	for {
		if err := c.create(until); err != nil {
			return err
		}
		if err := c.item.answered(c.report); err != nil {
			if c.item.behind(c.report) || !c.dated() {
				return err
			}
			continue
		}
		end := c.wait(until)
		if end.Err == nil {
			c.ready = time.Now()
			end.Err = save()
		}
		switch kind := charge.KindOf(end.Err); {
		case end.Err == nil:
			return nil
		case (kind == charge.KindNotFound || gone(end.Err)) && c.dated():
		case kind != charge.KindFailed, !end.AtFirst || !c.replayed, c.date != "", c.item.Action == ActionRefresh:
			return end.Err
		case c.attempt < attempts:
			c.attempt++
		case utcDate(c.report.Created) == utcDate(time.Now()) || !c.dated():
			return end.Err
		}
	}
}

// gone reports whether the file host no longer has the file, even behind a fresh link.
func gone(err error) bool {
	e, ok := errors.AsType[*charge.Error](err)
	return ok && e.Kind == charge.KindTemporary && (e.HTTPStatus == http.StatusNotFound || e.HTTPStatus == http.StatusGone)
}

// dated goes on under the attempt's number with today's date, once, where the key has led to an earlier run's report.
func (c *course) dated() bool {
	if !c.replayed || c.date != "" || c.item.Action == ActionRefresh {
		return false
	}
	c.date = utcDate(time.Now())
	return true
}

func utcDate(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// create sends the create until the server has accepted it, or refused it for good.
func (c *course) create(until context.Context) error {
	if c.key = charge.DerivedKey(c.options.Mode, c.options.Origin, c.attempt, c.date, c.body); c.item.Action == ActionRefresh {
		c.key = c.options.FreshKey()
	}
	var conflict time.Time // when it was first answered with a 409
	for {
		var took time.Duration
		err := c.throttle.post(func() (err error) {
			c.begun()
			began := time.Now()
			c.report, err = c.Throttled.CreateReport(until, c.body, c.key)
			took = max(time.Since(began), 1)
			if fatalForAll(err) {
				c.throttle.halt(err) // before the next create takes this one's place
			}
			return err
		})
		e, _ := errors.AsType[*charge.Error](err)
		full := e != nil && e.HTTPStatus == http.StatusTooManyRequests && c.options.Timeout != poll.Once
		*c.started = *c.started || took > 0 && !full
		switch {
		case err == nil:
			c.throttle.count(nil)
			// A server may give the date in whole seconds, and may have answered an earlier request's repeat.
			c.replayed = c.report.Seen.IsZero() || c.report.Age() > took+clockSpread
			c.requests = append(c.requests, c.report.Request)
			return nil
		case e == nil, until.Err() != nil, c.throttle.ctx.Err() != nil, fatalForAll(err):
			return interrupted(until, err, "create report")
		case full:
			c.throttle.full(e.RetryAfter)
		case e.HTTPStatus == http.StatusConflict:
			if conflict.IsZero() {
				conflict = time.Now()
			}
			if time.Since(conflict) >= inFlight || !charge.Sleep(until, conflictPause) {
				return interrupted(until, err, "create report")
			}
		case e.Kind == charge.KindTemporary:
			c.throttle.count(err)
			return err
		default:
			c.throttle.count(nil)
			return err
		}
	}
}

// wait waits for the end of the report that create has led to.
func (c *course) wait(until context.Context) (end poll.End) {
	if c.replayed || c.report.Status.Terminal() {
		end = c.poller.WaitReplayed(until, c.report)
	} else {
		c.Observer.Created(c.report)
		end = c.poller.WaitCreated(until, c.report)
	}
	if end.Report.ID != "" {
		c.report = end.Report
	}
	c.requests = append(c.requests, end.Report.Request)
	if fatalForAll(end.Err) {
		c.throttle.halt(end.Err)
	}
	return end
}

// fatalForAll reports whether no other item can do better.
func fatalForAll(err error) bool {
	switch charge.KindOf(err) {
	case charge.KindAuth, charge.KindCertificate, charge.KindRefused:
		return true
	}
	return false
}

// save writes the file under the item's name, with the extension of the report's format.
func (c *course) save(ctx, until context.Context, out *Outcome) error {
	if err := take(ctx, c.jobs); err != nil {
		return err
	}
	defer func() { <-c.jobs }()
	name, err := named(c.options.Name, c.item.values(c.report.Format))
	if err != nil {
		return err
	}
	o := download.Options{IfExists: download.Overwrite, LockUntil: lockUntil(until, c.options.Timeout)}
	if c.options.Receipts {
		o.Seal = func(file *os.File) error { return c.seal(name, file) }
	}
	out.Name, out.Path = name, c.folder.Path(name)
	_, err = c.source().File(ctx, c.folder, name, c.report, o)
	if fatalForAll(err) {
		c.throttle.halt(err)
	}
	return err
}

// answered is nil when a report is what the item asks for. A report of a period that had not ended when it was made is
// not.
func (i Item) answered(r charge.Report) error {
	if !i.Request.Answered(r) {
		return wrongAnswer("the API answered with", i.Request, r)
	}
	e := &charge.Error{Kind: charge.KindUsage, Op: "create report", Report: r.ID}
	switch {
	case i.behind(r):
		e.Reason = "by the server's clock (" + charge.FormatInstant(r.Seen) + ") the period has not ended: this machine's clock is ahead"
		e.Hint = "set this machine's clock; doctor compares the two: chargectl doctor"
	case !r.Created.IsZero() && i.Period.Open(r.Created):
		e.Reason = r.ID + " was made before its period had ended"
	default:
		return nil
	}
	return e
}

// behind reports whether the item's period is open by the clock of the server that gave a report.
func (i Item) behind(r charge.Report) bool { return !r.Seen.IsZero() && i.Period.Open(r.Seen) }
