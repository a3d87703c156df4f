package charge

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what an error means to the caller; the exit code follows from it (package exit).
type Kind string

// The kinds of errors.
const (
	KindInternal    Kind = "internal"    // not classified, a bug included
	KindRefused     Kind = "refused"     // a redirect or page URL that leads to another origin
	KindUsage       Kind = "usage"       // bad flags, bad configuration, or parameters that the API refused
	KindCertificate Kind = "certificate" // the server's certificate is not trusted or has expired
	KindNotFound    Kind = "not_found"   // no such report or fleet
	KindAuth        Kind = "auth"        // no key, a bad key, the wrong mode, not allowed
	KindTemporary   Kind = "temporary"   // network, limits and server faults: a retry may work
	KindFailed      Kind = "failed"      // the report failed at the server
	KindOutput      Kind = "output"      // the bytes do not match, or the target cannot be written
	KindDeadline    Kind = "deadline"    // the deadline passed while the report was still running
	KindLocked      Kind = "locked"      // another run holds the lock
	KindMissing     Kind = "missing"     // a folder lacks a file that it should hold
	KindInterrupted Kind = "interrupted" // a signal ended the run
)

// Error is a failure with its kind and what the API wrote about it (charge-api.md, Errors).
// Strings that came from a server are as they came: whoever shows them strips control characters.
type Error struct {
	Kind       Kind
	Op         string        // what failed, such as "get report rpt_…"; may be empty
	Reason     string        // why, in one sentence without a full stop
	Hint       string        // what to do next where the maker of the error knows better than its kind; may be empty
	Code       string        // the API's error code; may be empty
	Param      string        // the parameter that the API named; may be empty
	Request    string        // the API's request id, for support; may be empty
	DocURL     string        // the API's documentation of the code; may be empty
	HTTPStatus int           // 0 when no response came
	RetryAfter time.Duration // how long the server asked to wait, 0 when it did not
	Report     string        // the report concerned; may be empty
	Before     string        // why the last request did not work where a deadline or a signal ended the retries; may be empty
	MayExist   bool          // a create that may have been carried out although no answer confirms it; false where it is known that nothing was made
	Err        error         // the cause; may be nil
}

// Error gives the operation and the reason, in one line.
func (e *Error) Error() string {
	reason := e.Reason
	if reason == "" && e.Err != nil {
		reason = e.Err.Error()
	}
	if e.Op == "" {
		return reason
	}
	return e.Op + ": " + reason
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// About returns a copy that says which operation and which report it is about. An Op that is there follows op after a
// colon, except one that only repeats what op tells of the same report ("get report rpt_1" in "wait for rpt_1"). A
// Report that is there stays: whoever made the error knew it better.
func (e *Error) About(op, report string) *Error {
	own := *e
	switch {
	case op == "", e.Op == op, strings.HasPrefix(e.Op, op+": "):
	case e.Op == "", report != "" && strings.HasSuffix(e.Op, report) && strings.HasSuffix(op, report):
		own.Op = op
	default:
		own.Op = op + ": " + e.Op
	}
	own.Report = cmp.Or(e.Report, report)
	return &own
}

// WithHint returns a copy with another hint; an empty one leaves it to the kind.
func (e *Error) WithHint(hint string) *Error {
	own := *e
	own.Hint = hint
	return &own
}

// AsError returns the first *Error in err's chain; an error without one is KindInternal, and its own cause. It is nil
// for nil.
func AsError(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	if !ok && err != nil {
		return &Error{Kind: KindInternal, Reason: err.Error(), Err: err}
	}
	return e
}

// KindOf returns the kind of the first *Error in err's chain, KindInternal when there is none, as in nil.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return KindInternal
}

// Errorf makes an error of a kind; a %w in the format keeps its cause.
func Errorf(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Reason: err.Error(), Err: errors.Unwrap(err)}
}

// Usagef makes a KindUsage error.
func Usagef(format string, args ...any) *Error { return Errorf(KindUsage, format, args...) }

// maxEcho is how many bytes of the user's text an error repeats.
const maxEcho = 80

// Clip shortens s to at most n bytes at a rune boundary, with an ellipsis when something was cut.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "…"
}
