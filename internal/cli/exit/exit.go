package cli

import (
	"errors"
	"slices"

	"github.com/chargectl/chargectl/internal/charge"
)

// exitRow is one row of the table of exit codes; the help topic and docs/scripting.md are made from it.
type exitRow struct {
	Codes   string
	Code    int
	Kinds   []charge.Kind
	Meaning string
	Again   string // whether the same command may be run again
	Retry   bool   // it is right to repeat and doubles nothing
	Hint    string
}

func exitTable() []exitRow {
	return []exitRow{
		{Codes: "0", Code: 0, Meaning: "what was asked is now true", Again: "-"},
		{Codes: "1", Code: 1, Kinds: []charge.Kind{charge.KindInternal, charge.KindRefused}, Again: "no",
			Meaning: "unclassified, a recovered panic, a refused redirect or page URL"},
		{Codes: "2", Code: 2, Kinds: []charge.Kind{charge.KindUsage, charge.KindCertificate}, Again: "no",
			Meaning: "usage, bad config, untrusted certificate, or the API refused the parameters (400, 409, 422 and other 4xx); nothing was created"},
		{Codes: "3", Code: 3, Kinds: []charge.Kind{charge.KindNotFound}, Again: "no",
			Meaning: "report or fleet not found (404, 410)"},
		{Codes: "4", Code: 4, Kinds: []charge.Kind{charge.KindAuth}, Again: "no",
			Meaning: "no key, bad key, wrong mode, not allowed (401, 403)", Hint: "see which key is in use with: chargectl auth status"},
		{Codes: "5", Code: 5, Kinds: []charge.Kind{charge.KindTemporary}, Again: "yes", Retry: true,
			Meaning: "temporary: network, 408, 425, 429, 5xx, a 2xx without its object, after retries"},
		{Codes: "6", Code: 6, Kinds: []charge.Kind{charge.KindFailed}, Again: "no (sync: yes, next attempt)",
			Meaning: "the report failed"},
		{Codes: "7", Code: 7, Kinds: []charge.Kind{charge.KindOutput}, Again: "after mending",
			Meaning: "output: bytes do not match, disk full, target refused"},
		{Codes: "8", Code: 8, Kinds: []charge.Kind{charge.KindDeadline}, Again: "yes, it resumes", Retry: true,
			Meaning: "deadline reached, report still running"},
		{Codes: "9", Code: 9, Kinds: []charge.Kind{charge.KindLocked}, Again: "yes", Retry: true,
			Meaning: "another run holds the lock (--on-overlap skip, or still held at the deadline)"},
		{Codes: "129, 130, 143", Code: 130, Kinds: []charge.Kind{charge.KindInterrupted}, Again: "yes", Retry: true,
			Meaning: "SIGHUP, SIGINT, SIGTERM; the report goes on at the server"},
	}
}

// exitPipe is what a shell shows for a program whose output nobody reads any more.
const exitPipe = 141

func exitRowOf(kind charge.Kind) exitRow {
	table := exitTable()
	i := slices.IndexFunc(table, func(row exitRow) bool { return slices.Contains(row.Kinds, kind) })
	return table[max(i, 1)]
}

func exitCode(err error) int {
	kind := charge.KindOf(err)
	if kind == charge.KindInterrupted {
		return signalCode(err)
	}
	return exitRowOf(kind).Code
}

// exitRank orders the codes of several ids or items: final ones before those that are right to repeat. A signal is
// not an item's end but the run's, and comes first.
func exitRank(code int) int {
	if code >= 128 {
		return -1
	}
	rank := slices.Index([]int{4, 2, 6, 7, 3, 1, 5, 8, 9}, code)
	if rank < 0 {
		return 99
	}
	return rank
}

// ended is how a command ended for several ids or items; it wraps one error each.
type ended struct{ errs []error }

func (e ended) Error() string   { return errors.Join(e.errs...).Error() }
func (e ended) Unwrap() []error { return e.errs }

// endsOf is nil when there is no error, the error when there is one, else all of them, the worst last.
func endsOf(errs []error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	slices.SortStableFunc(errs, func(a, b error) int { return exitRank(exitCode(b)) - exitRank(exitCode(a)) })
	return ended{errs}
}
