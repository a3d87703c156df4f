package exit

import (
	"errors"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Command is a command line of this program, made from what a run has resolved: run later, it means the same.
type Command struct {
	Path  []string // the command without the program's name, such as reports wait
	IDs   []string // its arguments; many come through a pipe
	Args  []string // its flags, a word each
	Shell Shell    // that it will be pasted into
}

// mostIDs is how many ids a line is still read with.
const mostIDs = 20

// String is the command, whole, as it is pasted into its shell. More than twenty ids are piped in by what the shell can do
// itself, so that no limit on the length of arguments is about it; cmd.exe has no such thing.
func (c Command) String() string {
	before, ids := "", c.IDs
	switch {
	case len(ids) <= mostIDs:
	case c.Shell == POSIX:
		before, ids = `printf '%s\n' `+c.Shell.line(ids)+" | ", []string{"-"}
	case c.Shell == PowerShell:
		before, ids = "'"+strings.Join(ids, "','")+"' | ", []string{"-"}
	}
	return before + c.Shell.line(slices.Concat([]string{"chargectl"}, c.Path, ids, c.Args))
}

// continued is an error with the command that continues where it ended.
type continued struct {
	err     error
	command Command
	always  bool // whatever the error is
}

func (e *continued) Error() string { return e.err.Error() }
func (e *continued) Unwrap() error { return e.err }

// Repeatable reports whether an error leaves something to continue: it ended in a way that is safe to re-run after, or left
// the fate of a create unknown. Nil leaves nothing.
func Repeatable(err error) bool {
	e := charge.AsError(err)
	return e != nil && (e.MayExist || rowOf(e.Kind).Retry)
}

// Continue gives an error the command that continues where it ended, which is shown if the error is Repeatable. Nil
// stays nil.
func Continue(err error, c Command) error {
	if err == nil {
		return nil
	}
	return &continued{err: err, command: c}
}

// ContinueAnyway is Continue for an error of any kind: where the same command again would ask for a second report, the
// one that continues is worth telling whatever has to be fixed first.
func ContinueAnyway(err error, c Command) error {
	if err == nil {
		return nil
	}
	return &continued{err: err, command: c, always: true}
}

// Instead is the failure that hides how a run ended, with the command that continues what that was.
func Instead(end, failure error) error {
	if c, ok := errors.AsType[*continued](end); ok {
		c.err = charge.AsError(failure).About("", charge.AsError(end).Report)
		return c
	}
	return failure
}

// fits reports whether the command continues after this error.
func (e *continued) fits() bool { return e.always || Repeatable(e.err) }
