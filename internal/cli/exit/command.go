package exit

import (
	"errors"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Command is a command line of this program. It is made from what a run has resolved, not from what it was given: run
// later, it means the same.
type Command struct {
	Path []string // the command without the program's name, such as reports wait
	IDs  []string // its arguments; many come through a pipe
	Args []string // its flags, a word each
}

// mostIDs is how many ids a line is still read with.
const mostIDs = 20

// String is the command as it is pasted into a POSIX shell, whole. More than twenty ids are piped in, which no limit on
// the length of arguments is about: printf is the shell's own.
func (c Command) String() string {
	words, before := append([]string{"chargectl"}, c.Path...), ""
	switch {
	case len(c.IDs) > mostIDs:
		before = `printf '%s\n' ` + line(c.IDs) + " | "
		words = append(words, "-")
	default:
		words = append(words, c.IDs...)
	}
	return before + line(append(words, c.Args...))
}

func line(words []string) string {
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(Quote(word))
	}
	return b.String()
}

// Quote makes a word safe to paste into a POSIX shell.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// continued is an error with the command that continues where it ended.
type continued struct {
	err     error
	command Command
	always  bool // whatever the error is
}

func (e continued) Error() string { return e.err.Error() }
func (e continued) Unwrap() error { return e.err }

// fits reports whether the command continues after this error.
func (e continued) fits() bool { return e.always || Repeatable(e.err) }

// Repeatable reports whether an error leaves something to continue: it ended in a way that is safe to re-run after, or left
// the fate of a create unknown. Nil leaves nothing.
func Repeatable(err error) bool {
	e := charge.AsError(err)
	return e != nil && (e.MayExist || rowOf(e.Kind).Retry)
}

// Continue gives an error the command that continues where it ended, which is shown if it ended in a way that is safe
// to re-run after, or left a create's fate unknown. Nil stays nil.
func Continue(err error, c Command) error {
	if err == nil {
		return nil
	}
	return continued{err: err, command: c}
}

// ContinueAnyway is Continue for an error of any kind: where the same command again would ask for a second report, the
// one that continues is worth telling whatever has to be fixed first.
func ContinueAnyway(err error, c Command) error {
	if err == nil {
		return nil
	}
	return continued{err: err, command: c, always: true}
}

// Instead is the failure that hides how a run ended, with the command that continues what that was.
func Instead(end, failure error) error {
	if c, ok := errors.AsType[continued](end); ok {
		c.err = charge.AsError(failure).About("", charge.AsError(end).Report)
		return c
	}
	return failure
}

// continuation is the command that continues after an error, where one does.
func continuation(err error) (Command, bool) {
	e, ok := errors.AsType[continued](err)
	return e.command, ok && e.fits()
}
