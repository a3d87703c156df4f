package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/reports"
)

// resumable is an error with the command that continues where it ended.
type resumable struct {
	err    error
	resume string
	mended bool // it continues after an error of output too, once that is mended
}

func (e resumable) Error() string { return e.err.Error() }
func (e resumable) Unwrap() error { return e.err }

// errorObject is the last line of stderr when JSON was asked for. It only ever grows. The docs are made from its tags.
type errorObject struct {
	Kind       string  `json:"kind" doc:"what the error means, a word per row of the exit codes"`
	Code       *string `json:"code" doc:"the API's error code, or null"`
	Message    string  `json:"message" doc:"what failed and why, in one line"`
	Param      *string `json:"param" doc:"the parameter that the API named, or null"`
	Request    *string `json:"request" doc:"the API's request id, for support, or null"`
	DocURL     *string `json:"doc_url" doc:"the API's documentation of the code, or null"`
	ExitCode   int     `json:"exit_code" doc:"the exit code"`
	Retryable  bool    `json:"retryable" doc:"whether the same command is right to repeat and doubles nothing"`
	RetryAfter *int64  `json:"retry_after" doc:"seconds that the server asked to wait, or null"`
	Report     *string `json:"report" doc:"the report concerned, or null"`
	Resume     *string `json:"resume" doc:"the command that continues, or null"`
}

// errorKeys are the members of errorObject with their meanings.
func errorKeys() [][2]string {
	return keysOf(reflect.TypeFor[errorObject]())
}

// keysOf are the members of an object of ours, as its tags name and explain them.
func keysOf(object reflect.Type) (keys [][2]string) {
	for _, field := range reflect.VisibleFields(object) {
		if name := field.Tag.Get("json"); name != "" {
			keys = append(keys, [2]string{name, field.Tag.Get("doc")})
		}
	}
	return keys
}

// report turns an error into text, hints and the exit code: the one place that does. Of several the worst comes last
// and decides; a hint that several have in common is given once.
func (a *App) report(err error) int {
	said := map[string]bool{}
	several, ok := errors.AsType[ended](err)
	if !ok {
		return a.reportOne(err, said)
	}
	code := 0
	for _, one := range oncePerEnd(several.errs, err) {
		code = a.reportOne(one, said)
	}
	return code
}

// oncePerEnd shortens several errors: what ended the whole run is said once, not once per item, and the command that
// continues comes with the last error that it is right to repeat after.
func oncePerEnd(errs []error, all error) []error {
	var said []error
	for i, err := range errs {
		kind := charge.KindOf(err)
		same := func(other error) bool { return charge.KindOf(other) == kind }
		wholeRun := kind == charge.KindInterrupted || kind == charge.KindDeadline
		if wholeRun && slices.ContainsFunc(errs[:i], same) {
			continue
		}
		over := func(other error) bool { return !same(other) || reports.NotStarted(other) }
		if n := len(slices.DeleteFunc(slices.Clone(errs), over)); wholeRun && n > 1 {
			err = ofSeveral(err, n)
		}
		said = append(said, err)
	}
	r, ok := errors.AsType[resumable](all)
	for i := len(said) - 1; ok && i >= 0; i-- {
		if exitRowOf(charge.KindOf(said[i])).Retry {
			said[i] = resumable{err: said[i], resume: r.resume}
			break
		}
	}
	return said
}

// ofSeveral words what ended the run while several reports were on their way: their ids are on stdout or in the
// command that continues.
func ofSeveral(err error, n int) error {
	own := *asError(err)
	cause, _, _ := strings.Cut(own.Reason, ", ")
	own.Op, own.Report, own.Request = "", "", ""
	own.Reason = fmt.Sprintf("%s, %d reports are not finished", cause, n)
	return &own
}

func (a *App) reportOne(err error, said map[string]bool) int {
	code := exitCode(err)
	row := exitRowOf(charge.KindOf(err))
	e := asError(err)
	resume := ""
	if r, ok := errors.AsType[resumable](err); ok && (row.Retry || r.mended && e.Kind == charge.KindOutput) {
		resume = r.resume
	}
	a.Out().Problem(output.Problem{
		Text: problemText(e), Hints: unsaid(a.hints(e, row, resume), said), Object: errorObjectOf(err, resume),
		Kind: string(e.Kind), ExitCode: code,
	})
	return code
}

// unsaid are the hints that were not given before.
func unsaid(hints []string, said map[string]bool) []string {
	return slices.DeleteFunc(hints, func(hint string) bool {
		before := said[hint]
		said[hint] = true
		return before
	})
}

// asError is the error with its kind; what has none is internal.
func asError(err error) *charge.Error {
	if e, ok := errors.AsType[*charge.Error](err); ok {
		return e
	}
	return &charge.Error{Kind: charge.KindInternal, Reason: err.Error()}
}

// problemText is what failed: why (param, code, request req_…).
func problemText(e *charge.Error) string {
	var facts []string
	for _, fact := range []string{e.Param, e.Code} {
		if fact != "" {
			facts = append(facts, fact)
		}
	}
	if e.Request != "" {
		facts = append(facts, "request "+e.Request)
	}
	if len(facts) == 0 {
		return e.Error()
	}
	return e.Error() + " (" + strings.Join(facts, ", ") + ")"
}

func (a *App) hints(e *charge.Error, row exitRow, resume string) []string {
	hints := []string{e.Hint}
	if e.RetryAfter > 0 {
		hints = append(hints, "the server asks to wait "+e.RetryAfter.Round(time.Second).String())
	}
	if resume != "" {
		hints = append(hints, "continue with: "+resume)
	}
	if e.Hint == "" {
		hints = append(hints, row.Hint)
	}
	if e.Hint == "" && e.Kind == charge.KindTemporary && e.HTTPStatus == 0 {
		hints = append(hints, "see what is in the way with: chargectl doctor") // no word of the API's came through
	}
	if e.Kind == charge.KindNotFound && e.Report != "" {
		hints = append(hints, "list what there is with: chargectl reports list")
	}
	if e.DocURL != "" {
		hints = append(hints, "see "+e.DocURL)
	}
	if e.Hint == "" && e.Kind == charge.KindUsage && e.HTTPStatus == 0 && a.command != nil && a.command.Runnable() {
		hints = append(hints, "see: "+a.command.CommandPath()+" --help")
	}
	return slices.DeleteFunc(hints, func(h string) bool { return h == "" })
}

func errorObjectOf(err error, resume string) errorObject {
	e := asError(err)
	o := errorObject{
		Kind: string(e.Kind), Code: text(e.Code), Message: e.Error(), Param: text(e.Param), Request: text(e.Request),
		DocURL: text(e.DocURL), ExitCode: exitCode(err), Retryable: exitRowOf(e.Kind).Retry, Report: text(e.Report), Resume: text(resume),
	}
	if e.RetryAfter > 0 {
		seconds := int64(e.RetryAfter.Seconds() + 0.999)
		o.RetryAfter = &seconds
	}
	return o
}

func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// wantsJSON says whether the command line asks for JSON, also where it could not be read to its end.
func (a *App) wantsJSON() bool {
	return a.format.json || a.format.jsonl || a.format.jq != "" ||
		slices.ContainsFunc(a.args, func(arg string) bool {
			name, _, _ := strings.Cut(arg, "=")
			return slices.Contains([]string{"--json", "--jsonl", "--jq"}, name)
		})
}

// document encodes a result of our own, which always can be.
func document(v any) json.RawMessage {
	text, _ := json.Marshal(v)
	return text
}
