package reports

import (
	"path"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Template makes file names: text with fields in braces, and "/" for folders.
type Template struct {
	parts []namePart
	ext   bool // {ext} has to be appended
}

type namePart struct{ text, field string }

// fields are in the order of the documentation.
var fields = []string{"id", "type", "fleet", "fleet_name", "period", "start", "end", "created", "ext"}

// NameFields returns the fields of name templates.
func NameFields() []string { return slices.Clone(fields) }

// Names are the values of a template's fields for one report.
type Names struct {
	Report    charge.Report
	FleetName string
	Zone      *time.Location // in which {period}, {start} and {end} are said; nil is UTC
}

// ParseTemplate reads a name template. Unknown fields, unbalanced braces and paths that leave the folder are usage errors.
func ParseTemplate(text string) (Template, error) {
	var t Template
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return Template{}, badTemplate(text, "a } has no {")
		}
		if literal != "" {
			t.parts = append(t.parts, namePart{text: literal})
		}
		if !found {
			break
		}
		field, tail, closed := strings.Cut(after, "}")
		if !closed || !slices.Contains(fields, field) {
			return Template{}, badTemplate(text, "{"+charge.Clip(field, 20)+"} is no field; there are {"+strings.Join(fields, "} {")+"}")
		}
		t.parts = append(t.parts, namePart{field: field})
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

// Uses says whether the template has a field.
func (t Template) Uses(field string) bool {
	return slices.ContainsFunc(t.parts, func(p namePart) bool { return p.field == field })
}

// Name fills the template in: a slash-separated path whose every part is safe on every system. It is a usage error
// when nothing is left of it, or when it is a name that chargectl keeps for itself.
func (t Template) Name(n Names) (string, error) {
	parts := t.parts
	if t.ext {
		parts = append(slices.Clone(parts), namePart{text: "."}, namePart{field: "ext"})
	}
	var b nameBuilder
	for _, p := range parts {
		if p.field == "" {
			b.literal(p.text)
		} else {
			b.value(n.value(p.field))
		}
	}
	segments := strings.Split(b.name, "/")
	for i, segment := range segments {
		segments[i] = safeSegment(segment)
	}
	name := strings.Join(segments, "/")
	return name, checkName(name)
}

func checkName(name string) error {
	base := strings.ToLower(path.Base(name))
	for _, kept := range []string{partSuffix, sidecarSuffix, lockSuffix, folderLock} {
		if strings.HasSuffix(base, kept) {
			return charge.Usagef("the name %q ends in %s, which chargectl keeps for itself", charge.Clip(name, 80), kept)
		}
	}
	if slices.Contains(strings.Split(name, "/"), "") {
		return charge.Usagef("the name template leaves an empty name: %q", charge.Clip(name, 80))
	}
	return nil
}

func (n Names) value(field string) string {
	r := n.Report
	start, end := n.local(r.Parameters.Start), n.local(r.Parameters.End)
	switch field {
	case "id":
		return r.ID
	case "type":
		return r.Parameters.Type
	case "fleet":
		return r.Fleet
	case "fleet_name":
		return slug(n.FleetName)
	case "period":
		if start.IsZero() || end.IsZero() {
			return ""
		}
		return charge.Period{Start: start, End: end}.Label()
	case "start":
		return day(start)
	case "end":
		return day(end)
	case "created":
		return basic(r.Created)
	default:
		return extension(r.Format)
	}
}

// local says an instant in the names' zone: UTC when there is none.
func (n Names) local(t time.Time) time.Time {
	if n.Zone == nil {
		return t.UTC()
	}
	return t.In(n.Zone)
}

// day is a date where t begins one in its zone, else the instant.
func day(t time.Time) string {
	y, m, d := t.Date()
	if !t.IsZero() && t.Equal(time.Date(y, m, d, 0, 0, 0, 0, t.Location())) {
		return t.Format(time.DateOnly)
	}
	return basic(t)
}

func basic(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("20060102T150405Z")
}

// extension is the file format where it is fit for one.
func extension(format string) string {
	ok := func(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
	if len(format) < 1 || len(format) > 8 || strings.ContainsFunc(format, func(r rune) bool { return !ok(r) }) {
		return "bin"
	}
	return format
}
