package exit

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Problem is one end that was not a success, in the shape that package progress shows.
type Problem struct {
	Text     string   // what failed: why (param, code, request req_…), in one line
	Hints    []string // what to do next; each is whole, however long
	Object   any      // an *Object, for scripts
	Kind     string   // charge.Kind, for logs
	ExitCode int
}

// Object is the last line of stderr when JSON was asked for. It only ever grows; the documents are made from its tags.
type Object struct {
	Kind       string  `json:"kind" doc:"what the error means, a word per row of the exit codes"`
	Code       *string `json:"code" doc:"the API's error code, or null"`
	Message    string  `json:"message" doc:"what failed and why, in one line"`
	Param      *string `json:"param" doc:"the parameter that the API named, or null"`
	Request    *string `json:"request" doc:"the API's request id, for support, or null"`
	DocURL     *string `json:"doc_url" doc:"the API's documentation of the code, or null"`
	ExitCode   int     `json:"exit_code" doc:"the exit code"`
	Retryable  bool    `json:"retryable" doc:"whether the same command is safe to re-run and doubles nothing"`
	RetryAfter *int64  `json:"retry_after" doc:"seconds that the server asked to wait, or null"`
	Report     *string `json:"report" doc:"the report concerned, or null"`
	Resume     *string `json:"resume" doc:"the command that continues, or null"`
}

// Members are the members of Object with their meanings, in order.
func Members() (members [][2]string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Object]()) {
		members = append(members, [2]string{field.Tag.Get("json"), field.Tag.Get("doc")})
	}
	return members
}

// ObjectOf is the JSON form of an error; nil for nil.
func ObjectOf(err error) *Object {
	if err == nil {
		return nil
	}
	e := charge.AsError(err)
	o := &Object{
		Kind: string(e.Kind), Code: orNull(e.Code), Message: e.Error(), Param: orNull(e.Param), Request: orNull(e.Request),
		DocURL: orNull(e.DocURL), ExitCode: Code(err), Retryable: Repeatable(err), Report: orNull(e.Report),
	}
	if c, ok := errors.AsType[*continued](err); ok && c.fits() {
		o.Resume = orNull(c.command.String())
	}
	if e.RetryAfter > 0 {
		o.RetryAfter = new(int64(e.RetryAfter.Seconds() + 0.999))
	}
	return o
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// Describe tells how a run ended: a problem for each cause, the one that decides the exit code last, and each hint once.
// The help is the command whose --help explains the usage, such as "chargectl reports wait"; empty where none does.
func Describe(err error, help string) []Problem {
	causes := []cause{{told: err, first: err}}
	if all, ok := errors.AsType[*several](err); ok {
		causes = all.causes()
		continueLast(causes, err)
	}
	var problems []Problem
	given := map[string]bool{}
	for _, c := range causes {
		e := charge.AsError(c.told)
		hints := slices.DeleteFunc(hintsOf(c.told, charge.AsError(c.first), help), func(hint string) bool {
			before := given[hint] || hint == ""
			given[hint] = true
			return before
		})
		problems = append(problems, Problem{Text: textOf(e), Hints: hints, Object: ObjectOf(c.told), Kind: string(e.Kind), ExitCode: Code(c.told)})
	}
	return problems
}

// continueLast gives the command that continues to the last cause that it continues after.
func continueLast(causes []cause, all error) {
	c, ok := errors.AsType[*continued](all)
	for i := len(causes) - 1; ok && i >= 0; i-- {
		if with := (&continued{causes[i].told, c.command, c.always}); with.fits() {
			causes[i].told = with
			return
		}
	}
}

// textOf is what failed: why (param, code, request req_…).
func textOf(e *charge.Error) string {
	request := ""
	if e.Request != "" {
		request = "request " + e.Request
	}
	facts := slices.DeleteFunc([]string{e.Param, e.Code, request}, func(fact string) bool { return fact == "" })
	if len(facts) == 0 {
		return e.Error()
	}
	return e.Error() + " (" + strings.Join(facts, ", ") + ")"
}

// longestURL is how many bytes of a server's own address are repeated.
const longestURL = 200

// hintsOf is what to do about an error, the most particular first; empty ones say nothing.
func hintsOf(err error, e *charge.Error, help string) []string {
	hints := []string{e.Hint}
	if e.RetryAfter > 0 {
		hints = append(hints, "the server asks to wait "+e.RetryAfter.Round(time.Second).String())
	}
	if c, ok := errors.AsType[*continued](err); ok && c.fits() {
		hints = append(hints, "continue with: "+c.command.String())
	}
	if e.Hint == "" {
		hints = append(hints, rowOf(e.Kind).Hint)
	}
	switch ours := e.Hint == "" && e.HTTPStatus == 0; { // no word of the API's came through
	case ours && e.Kind == charge.KindTemporary:
		hints = append(hints, "see what is in the way with: chargectl doctor")
	case ours && e.Kind == charge.KindUsage && e.Report == "" && help != "":
		hints = append(hints, "see: "+help+" --help")
	case e.Kind == charge.KindNotFound && e.Report != "":
		hints = append(hints, "list what there is with: chargectl reports list")
	case e.Kind == charge.KindFailed && e.Report != "":
		hints = append(hints, "see the report with: chargectl reports get "+e.Report)
	}
	if e.DocURL != "" {
		hints = append(hints, "see "+charge.Clip(e.DocURL, longestURL))
	}
	return hints
}
