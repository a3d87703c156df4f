package reports

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/poll"
)

const (
	attempts    = 3                      // derived keys of an item, beside the dated ones
	clockSpread = 250 * time.Millisecond // between the clocks of one API's servers
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
	*Outcome // how it stands, but for the report

	report charge.Report // the last one, as last seen
	body   []byte
	date   string // of a dated key, such as 2026-05-01; empty otherwise
	begun  func() // called, at least once, when the item has had its turn to create
	leave  func() // called, at least once, when its report is no longer open

	same     bool     // the file has not changed since it was written
	replayed bool     // the report was there before this run asked
	key      string   // that led to it
	requests []string // ids of the API's answers about it
	asked    time.Time
	ready    time.Time
}

// one sees one item through to its file. begun is called when the item has had its turn to create.
func (r *run) one(ctx, until context.Context, out *Outcome, begun func()) {
	c := &course{run: r, Outcome: out, begun: begun, leave: sync.OnceFunc(r.throttle.leave), asked: time.Now(), requests: []string{}}
	c.Attempt = 1
	if c.Action == folder.ActionRecheck {
		c.date = utcDate(time.Now()) // and no earlier key: they lead to what is on disk
	}
	if err := c.follow(ctx, until); err != nil {
		if fatalForAll(err) {
			c.throttle.halt(err)
		}
		c.Err = charge.AsError(err).About("sync "+c.Path, c.report.ID)
	}
	begun()
	c.leave()
	c.Report = c.report.Raw
	c.OnDisk = c.OnDisk || c.Err == nil
	if c.Started {
		c.Observer.Ended(c.report.ID, c.Path, c.same, c.Err)
	}
}

// follow walks the course to its end.
func (c *course) follow(ctx, until context.Context) (err error) {
	if c.body, err = c.Request().Body(); err != nil {
		return err
	}
	for {
		if err := c.create(until); err != nil {
			return err
		}
		if err := answered(*c.Item, c.report); err != nil {
			if behind(*c.Item, c.report) || !c.dated() {
				return err
			}
			continue
		}
		wait := c.poller.WaitReplayed
		if !c.replayed && !c.report.Status.Terminal() {
			c.Observer.Created(c.report)
			wait = c.poller.WaitCreated
		}
		end := wait(until, c.report)
		c.report, c.requests = end.Report, append(c.requests, end.Report.Request)
		if end.Err == nil {
			c.ready = time.Now()
			c.leave() // others may be opened at the server while the file is downloaded
			end.Err = c.save(ctx, until)
		}
		e := charge.AsError(end.Err)
		if e == nil {
			return nil
		}
		gone := e.Kind == charge.KindNotFound || // or its file is, even behind a fresh link
			e.Kind == charge.KindTemporary && (e.HTTPStatus == http.StatusNotFound || e.HTTPStatus == http.StatusGone)
		switch {
		case gone && c.dated():
		case e.Kind != charge.KindFailed, !end.AtFirst || !c.replayed, c.date != "", c.Action == folder.ActionRefresh:
			return end.Err
		case c.Attempt < attempts:
			c.Attempt++
		case utcDate(c.report.Created) == utcDate(time.Now()) || !c.dated():
			return end.Err
		}
	}
}

// dated goes on under the attempt's number with today's date, once, where the key has led to an earlier run's report.
func (c *course) dated() bool {
	if !c.replayed || c.date != "" || c.Action == folder.ActionRefresh {
		return false
	}
	c.date = utcDate(time.Now())
	return true
}

func utcDate(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// create sends the create until the server has accepted it, or refused it for good.
func (c *course) create(until context.Context) error {
	if c.key = charge.DerivedKey(c.options.Mode, c.options.Origin, c.Attempt, c.date, c.body); c.Action == folder.ActionRefresh {
		c.key = c.options.FreshKey()
	}
	full := func(err error) bool {
		return err != nil && charge.AsError(err).HTTPStatus == http.StatusTooManyRequests && c.options.Timeout != poll.Once
	}
	var took time.Duration
	send := func() (err error) {
		c.begun()
		began := time.Now()
		c.report, err = c.Throttled.CreateReport(until, c.body, c.key)
		took, c.Started = time.Since(began), c.Started || !full(err)
		if fatalForAll(err) {
			c.throttle.halt(err) // before the next create takes this one's place
		}
		return err
	}
	for {
		err := c.throttle.post(send)
		err = retryConflict(until, err, func() error { return c.throttle.post(send) })
		switch {
		case err == nil:
			c.throttle.count(nil)
			// A server may give the date in whole seconds, and may have answered an earlier request's repeat.
			c.replayed = c.report.Seen.IsZero() || c.report.Age() > took+clockSpread
			c.requests = append(c.requests, c.report.Request)
			return nil
		case until.Err() != nil, c.throttle.ctx.Err() != nil, fatalForAll(err):
			return interrupted(until, err)
		case full(err):
			c.throttle.full(charge.AsError(err).RetryAfter)
		case charge.KindOf(err) == charge.KindTemporary:
			c.throttle.count(err)
			return err
		default:
			c.throttle.count(nil)
			return err
		}
	}
}

// save writes the file under the item's name, with the extension of the report's format.
func (c *course) save(ctx, until context.Context) error {
	name, err := folder.Name(c.options.Name, c.Values(c.report.Format))
	if err != nil {
		return err
	}
	old, o := c.Name, download.Options{IfExists: download.Overwrite, LockUntil: c.options.lockUntil(until)}
	receipt, fleet := c.options.Receipts, c.Scope.Fleet
	for _, one := range []string{old, name} { // a receipt that is there must not come to speak of another file
		there, err := c.folder.Stat(folder.ReceiptOf(one))
		if err != nil {
			return err
		}
		receipt = receipt || there != nil
	}
	switch {
	case receipt:
		fleet = c.known(until, fleet)
		fallthrough
	case c.Action == folder.ActionRecheck:
		o.Seal = func(file *os.File) error { return c.seal(old, name, file, receipt, fleet) }
	}
	c.Name, c.Path = name, c.folder.Path(name)
	return c.slots.run(ctx, func() (err error) {
		c.same, err = c.source(c.slots).File(ctx, c.folder, name, c.report, o)
		if err != nil {
			c.Previous = "" // it has kept its name
		}
		if c.Previous == "" {
			return err
		}
		if old != name { // the report has another format now
			err = errors.Join(c.folder.Remove(folder.ReceiptOf(old)), c.folder.Remove(old))
		}
		c.Observer.Notice(c.Path + " has changed: the file from before is " + c.Previous)
		return err
	})
}

// seal keeps the file from before where a recheck has brought another one, and writes the receipt of a file whose bytes are
// verified and have no name yet.
func (c *course) seal(old, name string, file *os.File, receipt bool, fleet charge.Fleet) error {
	format := c.report.Format
	if !receipt {
		format = "" // nobody wants to know its columns
	}
	is, err := folder.MeasureOf(file, format)
	if err != nil {
		return disk.OutputError("read "+c.folder.Path(name), err)
	}
	if c.Action == folder.ActionRecheck {
		was, err := folder.MeasureFile(c.folder, old)
		switch {
		case errors.Is(err, fs.ErrNotExist): // somebody has removed it meanwhile
		case err != nil:
			return err
		case was.SHA256 == is.SHA256 && old == name:
			r, err := folder.ReadReceipt(c.options.Dir, name)
			if !receipt || err == nil && r.SHA256 == is.SHA256 && r.Differs(is.Bytes, *c.Item) == "" {
				return download.ErrUnchanged
			}
			err = errors.Join(c.record(name, is, fleet), c.folder.Sync(path.Dir(name)))
			return cmp.Or(err, download.ErrUnchanged)
		default:
			version, err := folder.Keep(c.folder, old, c.date, was)
			if err != nil {
				return err
			}
			c.Previous = c.folder.Path(version)
		}
	}
	if !receipt {
		return nil
	}
	return c.record(name, is, fleet)
}

// record writes a receipt. What makes the file's name last makes it last too.
func (c *course) record(name string, is folder.Measure, fleet charge.Fleet) error {
	var report map[string]json.RawMessage // none where the API gave no object
	if json.Unmarshal(c.report.Raw, &report) == nil {
		delete(report, "url") // whoever has the link may have the file
	}
	text, err := folder.Receipt{
		Report: report, Parameters: c.body,
		Start: charge.FormatInstant(c.Period.Start), End: charge.FormatInstant(c.Period.End), Zone: c.Scope.Zone.String(),
		Fleet: folder.FleetOf(fleet), Measure: is,
		Key: c.key, Requests: slices.DeleteFunc(c.requests, func(id string) bool { return id == "" }), Attempts: c.Attempt,
		WaitedMS: c.ready.Sub(c.asked).Milliseconds(), SavedMS: time.Since(c.ready).Milliseconds(),
		Version: c.options.Version,
	}.Text()
	if err != nil {
		return disk.OutputError("write "+c.folder.Path(folder.ReceiptOf(name)), err)
	}
	return c.folder.WriteBefore(folder.ReceiptOf(name), text)
}

// known is a fleet with what its receipt tells of it. Where the API does not say, the file is right without.
func (r *run) known(ctx context.Context, fleet charge.Fleet) charge.Fleet {
	if fleet.ID == "" || fleet.Name != "" {
		return fleet
	}
	full, err := r.fleets.Fleet(ctx, fleet.ID)
	if err != nil {
		r.nameless.Do(func() {
			r.Observer.Notice("the receipts leave out fleets that could not be looked up: " + charge.AsError(err).Reason)
		})
		return fleet
	}
	return full
}

// fatalForAll reports whether no other item can do better.
func fatalForAll(err error) bool {
	kind := charge.KindOf(err)
	return kind == charge.KindAuth || kind == charge.KindCertificate || kind == charge.KindRefused
}

// answered is nil when a report is what the item asks for. A report of a period that had not ended when it was made is
// not.
func answered(i folder.Item, r charge.Report) error {
	e := &charge.Error{Kind: charge.KindUsage, Op: "create report", Report: r.ID}
	switch {
	case !i.Request().Answered(r):
		return wrongAnswer("the API answered with", i.Request(), r)
	case behind(i, r):
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
func behind(i folder.Item, r charge.Report) bool { return !r.Seen.IsZero() && i.Period.Open(r.Seen) }
