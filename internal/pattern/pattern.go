// Package pattern holds regular expressions that are compiled when they are first used, so that a command pays only for
// those that it needs. A variable of a package is made with New, which costs nothing before main.
//
// It is not for an expression that may be wrong: package regexp returns the error.
package pattern

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression in the syntax of package regexp. It is safe for several goroutines.
type Pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

// New takes an expression that is known to be right: the first use of a wrong one panics.
func New(text string) *Pattern { return &Pattern{text: text} }

// Get is the compiled expression.
func (p *Pattern) Get() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}
