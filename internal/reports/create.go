package reports

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/poll"
)

// Order is a report to ask for: the request, its canonical body, and the key that makes it safe to repeat.
type Order struct {
	Request charge.Request
	Body    []byte
	Key     string
	// Repeat is whether the key may have been used before, so that the answer may be an old one.
	Repeat bool
}

// CreateReport asks for a report and returns it as the server first answered.
func (s *Service) CreateReport(ctx context.Context, o Order) (charge.Report, error) {
	r, err := s.Create.CreateReport(ctx, o.Body, o.Key)
	if o.Repeat && conflicts(err) {
		s.Observer.Notice("another request with this idempotency key may still be in progress: retrying for " + inFlight.String())
		for began := time.Now(); conflicts(err) && time.Since(began) < inFlight && charge.Sleep(ctx, conflictPause); {
			r, err = s.Create.CreateReport(ctx, o.Body, o.Key)
		}
	}
	if err != nil {
		return charge.Report{}, interrupted(ctx, err, "create report")
	}
	if !o.Request.Answered(r) {
		if o.Repeat {
			return charge.Report{}, wrongAnswer("this idempotency key belongs to", o.Request, r)
		}
		return charge.Report{}, wrongAnswer("the API answered with", o.Request, r)
	}
	s.Observer.Created(r)
	return r, nil
}

// conflicts reports whether a create was refused with a 409: another one under its key may be under way, or may have had
// another body (charge-api.md, Transport).
func conflicts(err error) bool {
	e, ok := errors.AsType[*charge.Error](err)
	return ok && e.HTTPStatus == http.StatusConflict
}

// wrongAnswer is the error of a create whose answer is about something else: its file must never pass for the one that
// was asked for.
func wrongAnswer(begin string, asked charge.Request, r charge.Report) error {
	label := "no period"
	if zone := asked.Start.Location(); !r.Parameters.Start.IsZero() && !r.Parameters.End.IsZero() {
		label = period.Period{Start: r.Parameters.Start.In(zone), End: r.Parameters.End.In(zone)}.Label()
	}
	return &charge.Error{
		Kind: charge.KindUsage, Op: "create report", Report: r.ID, Request: r.Request,
		Reason: begin + " " + r.ID + ", a " + charge.Clip(r.Parameters.Type, 80) + " of " + scopeName(r.Fleet) + " for " + label,
		Hint:   "that report is shown by: chargectl reports get " + r.ID,
	}
}

// CreateAndWait asks for a report and waits for it. The error is about asking; how the wait ended is in the End.
func (s *Service) CreateAndWait(ctx context.Context, o Order, wait WaitOptions) (poll.End, error) {
	r, err := s.CreateReport(ctx, o)
	if err != nil {
		return poll.End{}, err
	}
	until, cancel := s.begin(ctx, 1, wait.Timeout)
	defer cancel()
	end := s.waitFor(until, o, r, wait)
	s.Observer.Ended(end.ID, "", false, end.Err)
	return end, nil
}

// waitFor waits for a report that was just asked for.
func (s *Service) waitFor(until context.Context, o Order, r charge.Report, wait WaitOptions) poll.End {
	if o.Repeat {
		return s.poller(wait, nil).WaitReplayed(until, r)
	}
	return s.poller(wait, nil).WaitCreated(until, r)
}

// CreateAndDownload asks for a report, waits for it and writes its file. The target is opened first: one that cannot
// work costs no report. The error is about the target or about asking.
func (s *Service) CreateAndDownload(ctx context.Context, o Order, d DownloadOptions) (Saved, error) {
	opening, opened := waiting(ctx, d.Timeout)
	p, err := d.Target.open(opening, s.Disk, s.Observer.Notice)
	opened()
	if err != nil {
		return Saved{}, err
	}
	defer p.close()
	if p.folder != nil {
		if err := p.folder.Writable(); err != nil {
			return Saved{}, err
		}
	}
	r, err := s.CreateReport(ctx, o)
	if err != nil {
		return Saved{}, err
	}
	until, cancel := s.begin(ctx, 1, d.Timeout)
	defer cancel()
	end := s.waitFor(until, o, r, d.WaitOptions)
	l := Saved{ID: end.ID, Report: end.Report, Err: end.Err}
	if end.Err == nil {
		l = s.deliver(ctx, until, p, d, end.Report)
	}
	s.Observer.Ended(l.ID, l.Path, l.Skipped, l.Err)
	return l, nil
}

// interrupted replaces an error that only repeats that the context ended by the reason for that.
func interrupted(ctx context.Context, err error, op string) error {
	if ctx.Err() == nil {
		return err
	}
	end := charge.Ended(ctx).About(op, "")
	if e, ok := errors.AsType[*charge.Error](err); ok {
		end.MayExist = e.MayExist
	}
	return end
}
