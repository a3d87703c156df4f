package download

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// transferTries is how many attempts in a row may bring no new byte.
	transferTries = 5
	fillLimit     = 20 * time.Millisecond
	firstBackoff  = 500 * time.Millisecond
	maxBackoff    = 8 * time.Second
)

// buffer is what bytes are copied in, filled before each write; larger ones miss the processor's cache. Those that are not
// in use are kept, because a run of small files would make garbage of one for each.
type buffer [128 << 10]byte

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// sink takes a file's bytes in order.
type sink interface {
	io.Writer
	// Offset is how many bytes of the file it holds.
	Offset() int64
	// Validator tells the version of the file that they are of; empty when they cannot be resumed.
	Validator() string
	// Restart announces that the next byte is the file's first, of the version that validator names and of size bytes.
	Restart(validator string, size int64) error
}

// transfer brings one report's file into a sink, over as many attempts as it takes.
type transfer struct {
	Source

	report charge.Report
	sink   sink
	path   string // for the observer
}

// run returns nil when the sink holds the whole file. Otherwise the error's kind is output (the bytes do not match
// or cannot be written), temporary (five attempts brought nothing new), interrupted, or the API's own error about the report.
func (t *transfer) run(ctx context.Context) error {
	op, furthest := "download "+t.report.ID, t.sink.Offset()
	for tries := 1; ; tries++ {
		err := t.attempt(ctx)
		if held := t.sink.Offset(); held > furthest {
			furthest, tries = held, 0
		}
		e := charge.AsError(err)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return charge.Ended(ctx).About(op, t.report.ID)
		case e.Kind != charge.KindTemporary, tries >= transferTries:
			final := e.About("", t.report.ID)
			final.Op = cmp.Or(final.Op, op)
			return final
		}
		pause := min(e.RetryAfter, time.Minute)
		if pause <= 0 {
			jitter := 0.8 + 0.2*rand.Float64()
			if t.Jitter != nil {
				jitter = t.Jitter()
			}
			pause = time.Duration(float64(min(firstBackoff<<max(0, tries-1), maxBackoff)) * jitter)
		}
		charge.Sleep(ctx, pause)
	}
}

// attempt asks the file host once for what is missing.
func (t *transfer) attempt(ctx context.Context) error {
	held, from := t.sink.Offset(), charge.FileRange{}
	switch {
	case held > 0 && held == t.report.Size:
		return nil
	case t.report.URL == "":
		return t.refresh(ctx, charge.Errorf(charge.KindTemporary, "the report has no link to its file yet"))
	case held > 0 && t.sink.Validator() != "":
		from = charge.FileRange{Offset: held, Validator: t.sink.Validator()}
	}
	file, err := t.Host.OpenFile(ctx, t.report.URL, from)
	if err != nil {
		switch charge.AsError(err).HTTPStatus {
		case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
			return t.refresh(ctx, err)
		}
		return err
	}
	defer file.Body.Close()
	if err := t.accept(file); err != nil {
		return err
	}
	return t.copy(file)
}

// refresh asks the API for the report again, for its link. Bytes that are here are kept. It returns why the attempt
// failed, or why no other makes sense.
func (t *transfer) refresh(ctx context.Context, why error) error {
	r, err := t.Refresh(ctx, t.report.ID)
	if err != nil {
		return err
	}
	if r.Status.Terminal() && r.Verdict() != nil {
		return r.Verdict()
	}
	if r.Size != t.report.Size {
		if err := t.sink.Restart("", r.Size); err != nil {
			return err
		}
	}
	t.report = r
	e := charge.AsError(why).About("", r.ID)
	e.Kind = charge.KindTemporary
	return e
}

// accept decides whether a response continues what the sink holds, starts it anew, or is not our file.
func (t *transfer) accept(file *charge.File) error {
	held, total := t.sink.Offset(), file.Total
	resumed := file.HTTPStatus == http.StatusPartialContent
	if total < 0 || !resumed {
		total = file.End
	}
	switch {
	case file.HTTPStatus == http.StatusRequestedRangeNotSatisfiable:
		return t.startOver("the file host has nothing after byte %d", held)
	case resumed && file.Offset != held:
		return t.startOver("the file host did not answer from byte %d on", held)
	case resumed && file.Validator != "" && file.Validator != t.sink.Validator():
		return t.startOver("the file host has another version of the file than the %d bytes here", held)
	case total >= 0 && total != t.report.Size:
		return t.mismatch(total)
	case resumed:
		return nil
	}
	return t.sink.Restart(file.Validator, t.report.Size)
}

// startOver drops the bytes that cannot be continued.
func (t *transfer) startOver(format string, args ...any) error {
	if err := t.sink.Restart("", t.report.Size); err != nil {
		return err
	}
	return charge.Errorf(charge.KindTemporary, format, args...)
}

// mismatch is final. What was taken in cannot become the file, so nothing may resume it; a response that was refused
// before its first byte leaves the sink as it was.
func (t *transfer) mismatch(got int64) error {
	return &charge.Error{
		Kind: charge.KindOutput, Op: "download " + t.report.ID, Report: t.report.ID,
		Reason: fmt.Sprintf("the file host's file ends at byte %d, but the report's size is %d", got, t.report.Size),
		Hint:   "see the report with: chargectl reports get " + t.report.ID,
	}
}

// copy takes in the body. It ends well only at the report's size. What is read ahead ends with the body, which is closed next.
func (t *transfer) copy(file *charge.File) error {
	var end error
	for bytes, err := range pieces(func(p []byte) (int, error) { return fill(file.Body, p) }) {
		switch held := t.sink.Offset() + int64(len(bytes)); {
		case held > t.report.Size:
			return errors.Join(t.mismatch(held), t.sink.Restart("", t.report.Size))
		case file.End >= 0 && held > file.End:
			return t.startOver("the file host sent more than the bytes up to %d that it announced", file.End)
		}
		if len(bytes) > 0 {
			if _, err := t.sink.Write(bytes); err != nil {
				return err
			}
			t.Observer.Receiving(t.report.ID, t.path, t.sink.Offset(), t.report.Size)
		}
		end = err
	}
	switch held, atEnd := t.sink.Offset(), errors.Is(end, io.EOF); {
	case held == t.report.Size && (atEnd || held > 0):
		return nil
	case charge.KindOf(end) == charge.KindTemporary:
		return end
	case atEnd:
		return charge.Errorf(charge.KindTemporary, "the transfer ended at byte %d of %d", held, t.report.Size)
	default:
		return charge.Errorf(charge.KindTemporary, "the transfer was cut at byte %d of %d: %w", held, t.report.Size, end)
	}
}

// fill reads until buf is full, the body ends, or a while has passed: slow bytes are worth writing too.
func fill(body io.Reader, buf []byte) (int, error) {
	began := time.Now()
	n := 0
	for n < len(buf) && (n == 0 || time.Since(began) < fillLimit) {
		m, err := body.Read(buf[n:])
		n += m
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
