// Package filename makes the names of report files: templates with fields, and values made safe for every system.
//
// It is pure, and knows nothing of folders: whether a name is free, taken or kept for something else is for the
// packages that write files.
package filename

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// Template makes file names: text with fields in braces, and "/" for folders.
type Template struct {
	parts []part
	ext   bool // {ext} has to be appended
}

type part struct{ text, field string }

// fields are in the order of the documentation.
var fields = []string{"id", "type", "fleet", "fleet_name", "period", "start", "end", "created", "ext"}

// Fields returns the fields of name templates.
func Fields() []string { return slices.Clone(fields) }

// Values are what a template's fields stand for, of one report.
type Values struct {
	ID         string
	Type       string // of the report, such as charging_summary
	Fleet      string // id; empty for the whole account
	FleetName  string
	Start, End time.Time
	Created    time.Time
	Format     string         // of the file, such as csv
	Zone       *time.Location // that {period}, {start} and {end} are given in; nil is UTC
}

// Parse reads a name template. Unknown fields, unbalanced braces and paths that leave the folder are usage errors.
func Parse(text string) (Template, error) {
	var t Template
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return Template{}, badTemplate(text, "a } has no {")
		}
		if literal != "" {
			t.parts = append(t.parts, part{text: literal})
		}
		if !found {
			break
		}
		field, tail, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains(fields, field) {
			return Template{}, badTemplate(text, "{"+charge.Clip(field, 20)+"} is no field; there are {"+strings.Join(fields, "} {")+"}")
		}
		t.parts = append(t.parts, part{field: field})
		rest = tail
	}
	return t, t.check(text)
}

// check finds what is wrong with a template whatever its values, and whether it names its own extension.
func (t *Template) check(text string) error {
	if text == "" || strings.HasSuffix(text, "/") {
		return badTemplate(text, "it does not name a file")
	}
	if strings.HasPrefix(text, "/") || strings.ContainsAny(text, "\\\x00") || hasControl(text) {
		return badTemplate(text, "it must be a plain path inside the folder")
	}
	for _, segment := range strings.Split(text, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return badTemplate(text, "it must be a plain path inside the folder")
		}
	}
	last := t.parts[len(t.parts)-1]
	t.ext = last.field != "ext" && !(last.field == "" && path.Ext(last.text) != "")
	return nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

func badTemplate(text, why string) error {
	return charge.Usagef("name template %q: %s", charge.Clip(text, 80), why)
}

// Uses reports whether the template has a field.
func (t Template) Uses(field string) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.field == field })
}

// OpenExtension reports whether the extension depends on the report's format: {ext} is in the template, or was appended.
func (t Template) OpenExtension() bool { return t.ext || t.Uses("ext") }

// Name fills the template in: a slash-separated path whose every segment is safe on every system. It is a usage error
// when a segment is left empty.
func (t Template) Name(v Values) (string, error) {
	parts := t.parts
	if t.ext {
		parts = append(slices.Clone(parts), part{text: "."}, part{field: "ext"})
	}
	var b builder
	for _, p := range parts {
		if p.field == "" {
			b.literal(p.text)
		} else {
			b.value(v.value(p.field))
		}
	}
	segments := strings.Split(b.name, "/")
	for i, segment := range segments {
		if segments[i] = safeSegment(segment); segments[i] == "" {
			return "", charge.Usagef("the name template leaves an empty name: %q", charge.Clip(b.name, 80))
		}
	}
	return strings.Join(segments, "/"), nil
}

// value is a field's text before it is made safe for a name.
func (v Values) value(field string) string {
	start, end := v.local(v.Start), v.local(v.End)
	switch field {
	case "id":
		return v.ID
	case "type":
		return v.Type
	case "fleet":
		return v.Fleet
	case "fleet_name":
		return slug(v.FleetName)
	case "period":
		return period.Period{Start: start, End: end}.Label()
	case "start":
		return day(start)
	case "end":
		return day(end)
	case "created":
		return basic(v.Created)
	default:
		return Extension(v.Format)
	}
}

func (v Values) local(t time.Time) time.Time {
	switch {
	case t.IsZero():
		return t
	case v.Zone == nil:
		return t.UTC()
	}
	return t.In(v.Zone)
}

// day is the date that begins at t in its zone, else the instant.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if date, ok := period.Date(t); ok {
		return date
	}
	return basic(t)
}

func basic(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("20060102T150405Z")
}

// Extension is the file format where it is fit for an extension (1 to 8 of a-z and 0-9), else bin.
func Extension(format string) string {
	ok := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	if len(format) < 1 || len(format) > 8 || strings.ContainsFunc(format, func(r rune) bool { return !ok(r) }) {
		return "bin"
	}
	return format
}
