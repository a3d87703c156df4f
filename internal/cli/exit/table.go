// Package exit tells how a run ended: an error becomes an exit code, the text and hints that a person reads, the JSON
// object that a script reads, and the command that continues where the run stopped.
//
// The exit codes stand in one table (Table); help, documentation and recipes follow from it. The package prints nothing,
// knows no command and no flag, and does not decide what to retry: an error's charge.Kind was settled where it was made.
package exit

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Row is one row of the table of exit codes.
type Row struct {
	Codes   string        // as it is written: one code, or several that differ only by the signal
	Code    int           // the first of Codes that programs meet
	Kinds   []charge.Kind // of the errors that end a run with this code
	Meaning string
	Again   string // whether the same command may be run again, in words; "-" where the question does not arise
	Retry   bool   // the same command is safe to re-run as it is: it continues and doubles nothing
	Hint    string // what to do where the error itself has no advice; may be empty
}

// Table is every exit code, in ascending order.
func Table() []Row {
	return []Row{
		{Codes: "0", Code: 0, Meaning: "what was asked is now true", Again: "-"},
		{Codes: "1", Code: 1, Kinds: []charge.Kind{charge.KindInternal, charge.KindRefused}, Again: "no",
			Meaning: "unclassified, a recovered panic, a refused redirect or page URL"},
		{Codes: "2", Code: 2, Kinds: []charge.Kind{charge.KindUsage, charge.KindCertificate}, Again: "no",
			Meaning: "usage, bad config, untrusted certificate, an answer to another question, or the API refused the parameters (400, 409, 422 and other 4xx)"},
		{Codes: "3", Code: 3, Kinds: []charge.Kind{charge.KindNotFound}, Again: "no", Meaning: "report or fleet not found (404, 410)"},
		{Codes: "4", Code: 4, Kinds: []charge.Kind{charge.KindAuth}, Again: "no",
			Meaning: "no key, bad key, wrong mode, not allowed (401, 403)", Hint: "see which key is in use with: chargectl auth status"},
		{Codes: "5", Code: 5, Kinds: []charge.Kind{charge.KindTemporary}, Again: "yes", Retry: true,
			Meaning: "temporary: network, 408, 425, 429, 5xx, a 2xx without its object, after retries"},
		{Codes: "6", Code: 6, Kinds: []charge.Kind{charge.KindFailed}, Again: "no (sync: yes, next attempt)", Meaning: "the report failed"},
		{Codes: "7", Code: 7, Kinds: []charge.Kind{charge.KindOutput}, Again: "after fixing the cause",
			Meaning: "output: bytes do not match, disk full, target refused; check: a file is not what its receipt says"},
		{Codes: "8", Code: 8, Kinds: []charge.Kind{charge.KindDeadline}, Again: "yes, it resumes", Retry: true,
			Meaning: "deadline reached, report still running"},
		{Codes: "9", Code: 9, Kinds: []charge.Kind{charge.KindLocked}, Again: "yes", Retry: true,
			Meaning: "another run holds the lock (--on-overlap skip, or still held at the deadline)"},
		{Codes: "10", Code: 10, Kinds: []charge.Kind{charge.KindMissing}, Again: "after a sync", Meaning: "check: something is missing"},
		{Codes: "129, 130, 143", Code: interrupted, Kinds: []charge.Kind{charge.KindInterrupted}, Again: "yes", Retry: true,
			Meaning: "SIGHUP, SIGINT, SIGTERM; the report goes on at the server"},
	}
}

// interrupted is the code of a run that was ended from outside by nobody knows which signal.
const interrupted = 130

// ClosedPipe is what a shell shows for a program whose stdout nobody reads any more. It comes without a word on stderr.
const ClosedPipe = 141

// byWeight are the codes of errors, the one that decides for several first: final ones before those safe to re-run, and what a
// sync puts right last.
var byWeight = []int{4, 2, 6, 7, 3, 1, 5, 8, 9, 10}

// Order is byWeight as help and documents write it.
func Order() string { return strings.Trim(fmt.Sprint(byWeight), "[]") }

// Signal is the end by a signal; the exit code is 128 and its number, as a shell would show it.
type Signal struct {
	Name   string // such as SIGTERM
	Number int
}

// Error names the signal.
func (s Signal) Error() string { return "interrupted by " + s.Name }

// Started is the end of a command that this program was to run: its exit code is passed on, whatever the table says.
type Started struct {
	ExitCode int
	Err      error // why it did not start; nil where it has run, and has said itself what there is to say
}

// Error is for nobody to read: where there is something to say, Err says it.
func (s Started) Error() string { return fmt.Sprintf("exit code %d: %v", s.ExitCode, s.Err) }

// Unwrap is why the command did not start.
func (s Started) Unwrap() error { return s.Err }

// Code is the exit code of an error; 0 for nil.
func Code(err error) int {
	if err == nil {
		return 0
	}
	if s, ok := errors.AsType[Started](err); ok {
		return s.ExitCode
	}
	kind := charge.KindOf(err)
	if s, ok := errors.AsType[Signal](err); ok && kind == charge.KindInterrupted {
		return 128 + s.Number
	}
	return rowOf(kind).Code
}

// rowOf is the row of an error's kind; what has none is internal.
func rowOf(kind charge.Kind) Row {
	table := Table()
	i := slices.IndexFunc(table, func(row Row) bool { return slices.Contains(row.Kinds, kind) })
	return table[max(i, 1)]
}

// Join is nil when there is no error, the error when there is one, else all of them, first the one that decides for
// errors.As and Code.
func Join(errs ...error) error {
	all := new(several)
	for _, err := range errs {
		if some, ok := err.(*several); ok { //nolint:errorlint // as Items made it
			all.errs, all.of = append(all.errs, some.errs...), some.of
		} else if err != nil {
			all.errs = append(all.errs, err)
		}
	}
	switch len(all.errs) {
	case 0:
		return nil
	case 1:
		return all.errs[0]
	}
	sort.SliceStable(all.errs, func(i, j int) bool { return before(all.errs[i], all.errs[j]) })
	return all
}

// before reports whether the first error decides before the second. A signal has no weight: it is the run's end, not an
// item's, and decides always.
func before(a, b error) bool {
	return slices.Index(byWeight, Code(a)) < slices.Index(byWeight, Code(b))
}
