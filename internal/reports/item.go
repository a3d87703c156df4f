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
	// attempts is how many derived keys an item has in the 24 hours that keys live.
	attempts = 3
	// inFlight is how long a conflict under a derived key may mean that another machine's request is under way.
	inFlight      = 10 * time.Second
	conflictPause = time.Second
	// clockSpread is how far the clocks of one API's servers may be apart.
	clockSpread = 250 * time.Millisecond
)

// made is a report that was asked for, with what a receipt says of it.
type made struct {
	report   charge.Report
	key      string
	attempt  int
	requests []string
	asked    time.Time
	ready    time.Time
}

// one brings one item in: create, wait, land. begun is called when the item has had its turn to ask.
func (r *run) one(ctx, until context.Context, out *Outcome, begun func()) {
	m, err := r.ready(until, out.Item, begun)
	begun()
	r.gate.leave()
	out.Report, out.Attempt = m.report, m.attempt
	if err == nil {
		err = r.landItem(ctx, until, out, m)
		if charge.KindOf(err) == charge.KindAuth {
			r.gate.halt(err)
		}
	}
	out.Err = r.itemError(out, err)
	out.OnDisk = out.OnDisk || err == nil
	if !NotStarted(out.Err) {
		r.Observer.Ended(out.Report.ID, out.Path, false, out.Err)
	}
}

// ready returns the item's report when it has succeeded. The server is the ledger: the derived key of the first
// attempt leads to what an earlier run asked for, on this machine or another.
func (r *run) ready(until context.Context, item Item, begun func()) (made, error) {
	m := made{asked: time.Now(), requests: []string{}}
	for m.attempt = 1; ; m.attempt++ {
		end, err := r.ask(until, item, &m, begun)
		if err != nil {
			return m, err
		}
		if end.Err == nil {
			m.ready = time.Now()
			return m, nil
		}
		if charge.KindOf(end.Err) != charge.KindFailed || !end.AtFirst || m.attempt == attempts {
			return m, end.Err
		}
	}
}

// ask makes one attempt: it asks under the attempt's key and waits for the end of what that led to.
func (r *run) ask(until context.Context, item Item, m *made, begun func()) (poll.End, error) {
	body, err := item.Request.Body()
	if err != nil {
		return poll.End{}, err
	}
	m.key = r.key(item, m.attempt, body)
	report, replay, err := r.create(until, body, m.key, begun)
	if err != nil {
		return poll.End{}, err
	}
	var end poll.End
	if replay {
		end = r.poller.WaitReplayed(until, report)
	} else {
		r.Observer.Created(report)
		end = r.poller.WaitCreated(until, report)
	}
	m.report = end.Report
	for _, request := range []string{report.Request, end.Report.Request} {
		if request != "" {
			m.requests = append(m.requests, request)
		}
	}
	if hopeless(end.Err) {
		r.gate.halt(end.Err)
	}
	end.Err = forgotten(end.Err)
	return end, nil
}

// forgotten says what helps where a key leads to a report that is gone: until it expires, it always will.
func forgotten(err error) error {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.Kind != charge.KindNotFound {
		return err
	}
	own := *e
	own.Hint = "the server has lost this report; ask for a new one with --refresh"
	return &own
}

func (r *run) key(item Item, attempt int, body []byte) string {
	if item.Action == ActionRefresh {
		return r.options.FreshKey()
	}
	return charge.DerivedKey(r.options.Mode, r.options.Origin, attempt, body)
}

// hopeless says that no other item can do better.
func hopeless(err error) bool {
	switch charge.KindOf(err) {
	case charge.KindAuth, charge.KindCertificate, charge.KindRefused:
		return true
	}
	return false
}

// create asks until the server has taken the request, or has refused it for good. replay says that the report was
// there before: it is older than our asking.
func (r *run) create(until context.Context, body []byte, key string, begun func()) (report charge.Report, replay bool, err error) {
	var conflict time.Time
	for {
		var took time.Duration
		err := r.gate.post(until, func() (err error) {
			begun()
			if err := r.pause.Wait(until); err != nil {
				return err
			}
			asked := time.Now()
			report, err = r.Create.CreateReport(until, body, key)
			took = time.Since(asked)
			if hopeless(err) {
				r.gate.halt(err) // before the next create takes this one's place
			}
			return err
		})
		if err == nil {
			r.gate.count(nil)
			return report, report.Seen.IsZero() || report.Age() > took+clockSpread, nil
		}
		if !r.again(until, err, &conflict) {
			return report, false, interrupted(until, err, "create report")
		}
	}
}

// again decides whether a create that failed is repeated, and tells the gate what the failure means to all others.
// conflict is when this create was first answered with a 409.
func (r *run) again(until context.Context, err error, conflict *time.Time) bool {
	e, ok := errors.AsType[*charge.Error](err)
	switch {
	case !ok, until.Err() != nil, NotStarted(err), hopeless(err):
	case e.HTTPStatus == http.StatusTooManyRequests && r.options.Timeout != poll.Once:
		r.gate.full(e.RetryAfter)
		r.pause.Hold(e.RetryAfter)
		return true
	case e.HTTPStatus == http.StatusConflict:
		if conflict.IsZero() {
			*conflict = time.Now()
		}
		return time.Since(*conflict) < inFlight && pause(until, conflictPause)
	case e.Kind == charge.KindTemporary:
		r.gate.count(err)
	default:
		r.gate.count(nil)
	}
	return false
}

// landItem lands the file under the item's name, with the extension that the report says.
func (r *run) landItem(ctx, until context.Context, out *Outcome, m made) error {
	select {
	case r.jobs <- struct{}{}:
		defer func() { <-r.jobs }()
	case <-ctx.Done():
		return ending(ctx)
	}
	named := expected(out.Request)
	named.Format = m.report.Format
	name, err := nameOf(r.options.Name, named, out.Scope.Fleet.Name, out.Scope.Zone)
	if err != nil {
		return err
	}
	o := download.Options{IfExists: download.Overwrite, LockUntil: lockUntil(until, r.options.Timeout)}
	if r.options.Receipts {
		o.Seal = func(file *os.File) error { return r.seal(out.Item, name, m, file) }
	}
	out.Name, out.Path = name, r.folder.Path(name)
	_, err = r.source().File(ctx, r.folder, name, m.report, o)
	return err
}

// itemError says which item an error is about.
func (r *run) itemError(out *Outcome, err error) error {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok {
		return err
	}
	own := *e
	own.Op = "sync " + out.Path
	if e.Op != "" {
		own.Op += ": " + e.Op
	}
	if own.Report == "" {
		own.Report = out.Report.ID
	}
	return &own
}

// errNotStarted marks an item that was left alone because another one's end stopped all new work.
var errNotStarted = errors.New("not started")

// NotStarted says that an item was left alone, and is no failure of its own.
func NotStarted(err error) bool { return errors.Is(err, errNotStarted) }

func notStarted(why error) error {
	e, ok := errors.AsType[*charge.Error](why)
	if !ok {
		return why
	}
	own := *e
	own.Err = errors.Join(errNotStarted, e.Err)
	return &own
}
