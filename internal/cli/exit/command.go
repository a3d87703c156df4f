package cli

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// again is the command line that was given, safe to paste. Ids that came from stdin take the place of "-", unless that
// is what -o was given.
func (a *App) again(ids ...string) string {
	var args []string
	for i, arg := range a.args {
		if arg == "-" && len(ids) > 0 && !(i > 0 && slices.Contains([]string{"-o", "--output"}, a.args[i-1])) {
			args = append(args, ids...)
			continue
		}
		args = append(args, arg)
	}
	return commandLine(args)
}

// continuing is another command with those of the given flags that it has too.
func continuing(fs *pflag.FlagSet, words []string, names ...string) string {
	args := slices.Clone(words)
	fs.Visit(func(f *pflag.Flag) {
		if slices.Contains(names, f.Name) {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	return commandLine(args)
}

// globalNames are the flags of every command that change what it works on.
var globalNames = []string{"profile", "config", "base-url"}

func commandLine(args []string) string {
	words := []string{"chargectl"}
	for _, arg := range args {
		words = append(words, quote(arg))
	}
	return strings.Join(words, " ")
}

// quote makes a word safe to paste into a shell.
func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,+@%{}", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) && !strings.Contains(word, "{") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// withResume gives an error the command that continues; nil stays nil.
func withResume(err error, resume string) error {
	if err == nil {
		return nil
	}
	return resumable{err: err, resume: resume}
}

// afterMending is withResume for a create whose report is known: the same command again would ask for another one,
// whatever is mended meanwhile.
func afterMending(err error, resume string) error {
	if err == nil {
		return nil
	}
	return resumable{err: err, resume: resume, mended: true}
}
