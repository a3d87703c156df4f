package internal_test

import (
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestTroubleshootingQuotesMessages: what docs/troubleshooting.md has in its first columns is what the program says, so
// nobody changes a message without changing the page.
func TestTroubleshootingQuotesMessages(t *testing.T) {
	templates := templatesOf(t)
	quoted := 0
	for _, line := range strings.Split(page(t, "troubleshooting.md"), "\n") {
		cell, _, isRow := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !isRow || cell == line {
			continue
		}
		for _, message := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
			quoted++
			if letters(message[1]) < leastLetters || !makes(templates, message[1]) {
				t.Errorf("docs/troubleshooting.md: nothing in the program says %q", message[1])
			}
		}
	}
	if quoted < 70 {
		t.Errorf("docs/troubleshooting.md quotes %d messages: is the expression that finds them right?", quoted)
	}
}

// TestMakes: a word less, more or changed is another message.
func TestMakes(t *testing.T) {
	var templates []template
	for _, text := range []string{"the certificate of … is not trusted: …", "it expired at …", `"…" is not a …: write …`} {
		templates = append(templates, newTemplate(text))
	}
	for message, want := range map[string]bool{
		"the certificate of … is not trusted: it expired at …": true,
		"the certificate of … is not trusted: it expires at …": false,
		"the certificate of … is not trusted":                  false,
		"the certificate … is trusted: …":                      false,
		`"…" is not a …: …`:                                    true,
		`"…" is not the …: …`:                                  false,
	} {
		if makes(templates, message) != want {
			t.Errorf("%q: %v", message, !want)
		}
	}
}

// joints are what texts are put together with.
const joints = " ,;:\n"

// leastLetters is how much text makes a message: words such as "of" join anything to anything.
const leastLetters = 8

func letters(s string) int { return len(regexp.MustCompile(`\pL`).FindAllString(s, -1)) }

// template is a text of the program, with … in place of each part that varies, and the expression for all it can make.
type template struct {
	text  string
	fixed []string // what is between its …
	makes func() *regexp.Regexp
}

func newTemplate(text string) template {
	return template{text, strings.Split(text, "…"), sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(text), "…", "(.+)") + "$")
	})}
}

// partsOf are what of a message varies; nil where the template does not make it.
func (t template) partsOf(message string) []string {
	if !containsAll(message, t.fixed) { // as most of a thousand templates
		return nil
	}
	return t.makes().FindStringSubmatch(message)
}

func containsAll(text string, parts []string) bool {
	return !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(text, part) })
}

// makes reports whether the message is a template, of which … may leave out more than what varies, or is made by one each
// of whose parts that vary is a number, or made by another.
func makes(templates []template, message string) bool {
	if _, err := strconv.Atoi(message); err == nil || message == "…" {
		return true
	}
	fixed, quoted := strings.Split(message, "…"), regexp.MustCompile("^"+strings.ReplaceAll(regexp.QuoteMeta(message), "…", ".+")+"$")
	return slices.ContainsFunc(templates, func(t template) bool {
		parts := t.partsOf(message)
		return containsAll(t.text, fixed) && quoted.MatchString(t.text) || parts != nil && !slices.ContainsFunc(parts[1:], func(part string) bool { return !makes(templates, part) })
	})
}

// templatesOf are the texts of the program and of the system.
func templatesOf(t *testing.T) (templates []template) {
	texts := map[string]bool{}
	for _, errno := range []syscall.Errno{syscall.ENOSPC, syscall.EACCES, syscall.EROFS, syscall.ECONNREFUSED, syscall.EADDRINUSE} {
		texts[errno.Error()] = true
	}
	for room, files := range rooms(t) {
		if strings.HasPrefix(room, "internal/sandbox") {
			continue // what it says is the API's word elsewhere
		}
		for _, s := range files {
			ast.Inspect(s.file, func(n ast.Node) bool {
				text, _ := textOf(n)
				texts[strings.Trim(text, joints)] = true
				if strings.HasSuffix(text, " ") { // something is put after it
					text += "…"
				}
				if strings.TrimLeft(text, joints) != text { // or before it
					text = "…" + text
				}
				texts[text] = true
				return true
			})
		}
	}
	for text := range texts {
		if letters(text) > 3 {
			templates = append(templates, newTemplate(text))
		}
	}
	return templates
}

var verb = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`)

// textOf is what a string, or a sum of them, says.
func textOf(n ast.Node) (text string, ok bool) {
	switch n := n.(type) {
	case *ast.BasicLit:
		if n.Kind == token.STRING {
			text, _ = strconv.Unquote(n.Value)
			return verb.ReplaceAllString(strings.ReplaceAll(text, "%q", `"…"`), "…"), true
		}
	case *ast.BinaryExpr:
		if n.Op == token.ADD {
			left, leftOK := textOf(n.X)
			right, rightOK := textOf(n.Y)
			if !leftOK {
				left = "…"
			}
			if !rightOK {
				right = "…"
			}
			return left + right, leftOK || rightOK
		}
	}
	return "", false
}
