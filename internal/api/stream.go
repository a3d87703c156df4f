package api

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// stallLimit is how long a body may bring no byte; a slow body is never cut.
const stallLimit = 30 * time.Second

// stream reads a response body, cuts it when it stalls and ends it with its context. Only time spent inside Read
// counts: a reader that is slow to come back is no stall.
type stream struct {
	caller context.Context // whose end is the caller's doing
	ctx    context.Context // the request's own, which we end too
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	timer  *time.Timer
	err    error // of the last Read, which every later one repeats
}

// newStream takes over ctx, a child of caller which the request was sent under, and its cancel.
func newStream(caller, ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser) *stream {
	stalled := charge.Errorf(charge.KindTemporary, "stalled: no byte for %d s", int(stallLimit.Seconds()))
	timer := time.AfterFunc(stallLimit, func() { cancel(stalled) })
	timer.Stop()
	// Cancelling unblocks a Read of net/http's transport; closing unblocks those of other transports as well.
	context.AfterFunc(ctx, func() { _ = body.Close() })
	return &stream{caller: caller, ctx: ctx, cancel: cancel, body: body, timer: timer}
}

// Read reads what has come, waiting at most 30 s for it.
func (s *stream) Read(p []byte) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	s.timer.Reset(stallLimit)
	n, err = s.body.Read(p)
	s.timer.Stop()
	switch {
	case err == nil || err == io.EOF:
		s.err = err
	case s.caller.Err() != nil:
		s.err = ended(s.caller)
	case s.ctx.Err() != nil:
		s.err = context.Cause(s.ctx)
	case errors.Is(err, io.ErrUnexpectedEOF):
		s.err = charge.Errorf(charge.KindTemporary, "the connection ended before the body did: %w", err)
	default:
		broke := charge.Errorf(charge.KindTemporary, "the connection broke: %s", inWords(err))
		broke.Err = foreign(err)
		s.err = broke
	}
	return n, s.err
}

// Close ends the request; an unread rest is not drained.
func (s *stream) Close() error {
	defer s.cancel(context.Canceled)
	return s.body.Close()
}
