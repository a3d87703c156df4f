package exit

import (
	"strings"

	"github.com/chargectl/chargectl/internal/pattern"
)

// Shell is what a command is pasted into.
type Shell int

// The shells, by how they read a word.
const (
	POSIX Shell = iota // sh, bash, zsh, and fish as far as quotes go
	CMD                // cmd.exe
	PowerShell
)

// modulesOfUser is what PowerShell puts before the PSModulePath that all processes of Windows have.
var modulesOfUser = pattern.New(`(?i)\\users\\[^;]*\\(windows)?powershell\\modules`)

// ShellOf guesses which shell a person types into, from the operating system and what shells leave in the environment of
// what they start. On Windows SHELL is of a POSIX shell such as Git's, and cmd.exe is what is left.
func ShellOf(goos string, variable func(name string) string) Shell {
	switch {
	case goos != "windows", variable("SHELL") != "":
		return POSIX
	case modulesOfUser.Get().MatchString(variable("PSModulePath")):
		return PowerShell
	}
	return CMD
}

// plain reports whether a shell takes a word as it is: letters, digits and some signs.
func (s Shell) plain(word string) bool {
	signs := "_./:=,+@%-"
	switch s {
	case CMD:
		signs = `_./:=+@\-`
	case PowerShell:
		signs = `_./:=+\-`
	}
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool {
		alphanumeric := r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		return !alphanumeric && !strings.ContainsRune(signs, r)
	})
}

// beforeQuote are backslashes that a Windows program would read as escapes of the quote behind them.
var beforeQuote = pattern.New(`(\\*)("|$)`)

// Quote makes a word safe to paste: the program gets the very word. In cmd.exe a % before the name of a variable is still
// that variable's value, which nothing prevents there.
func (s Shell) Quote(word string) string {
	switch {
	case s.plain(word):
		return word
	case s == CMD:
		inside := beforeQuote.Get().ReplaceAllStringFunc(word, func(end string) string {
			slashes := strings.TrimSuffix(end, `"`)
			return slashes + slashes + strings.Replace(end[len(slashes):], `"`, `\"`, 1)
		})
		return `"` + inside + `"`
	case s == PowerShell:
		return "'" + strings.ReplaceAll(word, "'", "''") + "'"
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func (s Shell) line(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = s.Quote(word)
	}
	return strings.Join(quoted, " ")
}
