package reports

import (
	"context"
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

const (
	inFlight      = 10 * time.Second // for so long a conflict may mean that another request under the same key is under way
	conflictPause = time.Second      // before the create is sent again meanwhile
)

// CreateReport asks for a report and returns it as the server first answered.
func (s *Service) CreateReport(ctx context.Context, o Order) (r charge.Report, err error) {
	create := func() (err error) {
		r, err = s.Create.CreateReport(ctx, o.Body, o.Key)
		return err
	}
	if err = create(); o.Repeat && conflicts(err) {
		s.Observer.Notice("another request with this idempotency key may still be in progress: retrying for " + inFlight.String())
		err = retryConflict(ctx, err, create)
	}
	if err != nil {
		return charge.Report{}, interrupted(ctx, err)
	}
	if !o.Request.Answered(r) {
		begin := "the API answered with"
		if o.Repeat {
			begin = "this idempotency key belongs to"
		}
		return charge.Report{}, wrongAnswer(begin, o.Request, r)
	}
	s.Observer.Created(r)
	return r, nil
}

// conflicts reports whether a create was refused with a 409: another one under its key may be under way, or may have had
// another body (charge-api.md, Transport).
func conflicts(err error) bool {
	return err != nil && charge.AsError(err).HTTPStatus == http.StatusConflict
}

// retryConflict sends a create again as long as a conflict may pass, and returns how it ended.
func retryConflict(ctx context.Context, err error, create func() error) error {
	for began := time.Now(); conflicts(err) && time.Since(began) < inFlight && charge.Sleep(ctx, conflictPause); {
		err = create()
	}
	return err
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
		Reason: begin + " " + r.ID + ", a " + charge.Clip(r.Parameters.Type, 80) + " of " + charge.ScopeName(r.Fleet) + " for " + label,
		Hint:   "that report is shown by: chargectl reports get " + r.ID,
	}
}

// CreateAndWait asks for a report and waits for it. The error is about asking; how the wait ended is in the End.
func (s *Service) CreateAndWait(ctx context.Context, o Order, wait WaitOptions) (poll.End, error) {
	r, err := s.CreateReport(ctx, o)
	if err != nil {
		return poll.End{}, err
	}
	until, poller, cancel := s.begin(ctx, 1, wait)
	defer cancel()
	end := o.wait(until, poller, r)
	s.Observer.Ended(end.ID, "", false, end.Err)
	return end, nil
}

// wait waits for the report that was asked for.
func (o Order) wait(until context.Context, poller *poll.Poller, r charge.Report) poll.End {
	if o.Repeat {
		return poller.WaitReplayed(until, r)
	}
	return poller.WaitCreated(until, r)
}

// CreateAndDownload asks for a report, waits for it and writes its file. The target is opened first: one that cannot
// work costs no report. The error is about the target or about asking.
func (s *Service) CreateAndDownload(ctx context.Context, o Order, d DownloadOptions) (Saved, error) {
	p, err := s.open(ctx, d)
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
	until, poller, cancel := s.begin(ctx, 1, d.WaitOptions)
	defer cancel()
	return p.deliver(ctx, until, o.wait(until, poller, r)), nil
}

// interrupted replaces an error of a create that the end of the context has cut short by the reason for that, with what
// did not work before.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	end, e := charge.Ended(ctx).About("create report", ""), charge.AsError(err)
	end.MayExist, end.Before = e.MayExist, e.Before
	if e.Kind == charge.KindTemporary {
		end.Before = e.Reason
	}
	if end.Before != "" {
		end.Reason += " (before that: " + end.Before + ")"
	}
	return end
}
