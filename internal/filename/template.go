// Package filename makes the names of report files: templates with fields, and values made safe for every system.
//
// It is pure, and knows nothing of folders: whether a name is free, taken or kept for something else is for the
// packages that write files.
package filename

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// Template makes file names: text with fields in braces, and "/" for folders.
type Template struct{ parts []part }

// part is text, or a field with its value before that is made safe for a name.
type part struct {
	text  string
	value func(v Values) string // nil for text
}

// fields are in the order of the documentation.
var fields = []part{
	{"id", func(v Values) string { return v.ID }},
	{"type", func(v Values) string { return v.Type }},
	{"fleet", func(v Values) string { return v.Fleet }},
	{"fleet_name", func(v Values) string { return slug(v.FleetName) }},
	{"period", func(v Values) string {
		if v.Period != "" {
			return v.Period
		}
		return period.Period{Start: v.Start, End: v.End}.Label()
	}},
	{"start", func(v Values) string { return day(v.Start) }},
	{"end", func(v Values) string { return day(v.End) }},
	{"created", func(v Values) string { return basic(v.Created) }},
	{"ext", func(v Values) string { return Extension(v.Format) }},
}

// Fields returns the fields of name templates.
func Fields() (names []string) {
	for _, f := range fields {
		names = append(names, f.text)
	}
	return names
}

// Values are what a template's fields stand for, of one report.
type Values struct {
	ID         string
	Type       string // of the report, such as charging_summary
	Fleet      string // id; empty for the whole account
	FleetName  string
	Start, End time.Time
	Period     string // the label of Start to End in Zone, where the caller has it already
	Created    time.Time
	Format     string         // of the file, such as csv
	Zone       *time.Location // that {period}, {start} and {end} are given in; nil is UTC
}

// Parse reads a name template. Unknown fields, unbalanced braces and paths that leave the folder are usage errors.
func Parse(text string) (t Template, err error) {
	bad := func(why string) (Template, error) {
		return Template{}, charge.Usagef("name template %q: %s", charge.Clip(text, 80), why)
	}
	for rest := text; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if strings.Contains(literal, "}") {
			return bad("a } has no {")
		}
		if literal != "" {
			t.parts = append(t.parts, part{text: literal})
		}
		if !found {
			break
		}
		name, tail, closed := strings.Cut(after, "}")
		i := slices.Index(Fields(), name)
		if !closed || i < 0 {
			return bad("{" + charge.Clip(name, 20) + "} is no field; there are {" + strings.Join(Fields(), "} {") + "}")
		}
		t.parts = append(t.parts, fields[i])
		rest = tail
	}
	switch {
	case text == "" || strings.HasSuffix(text, "/"):
		return bad("it does not name a file")
	case path.Clean("/"+text) != "/"+text || strings.Contains(text, `\`) || hasControl(text):
		return bad("it must be a plain path inside the folder")
	}
	if last := t.parts[len(t.parts)-1]; last.value != nil && last.text != "ext" || last.value == nil && path.Ext(last.text) == "" {
		t.parts = append(t.parts, part{text: "."}, fields[len(fields)-1])
	}
	return t, nil
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < 0x20 || r == 0x7f })
}

// Uses reports whether the template has a field; it has ext too where that is appended.
func (t Template) Uses(field string) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.value != nil && p.text == field })
}

// Flat reports whether no name has a folder.
func (t Template) Flat() bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool { return p.value == nil && strings.Contains(p.text, "/") })
}

// Fixed reports whether the name is known before the report is, but for its format.
func (t Template) Fixed() bool {
	return !slices.ContainsFunc(t.parts, func(p part) bool { return p.value != nil && p.text != "ext" })
}

// Name fills the template in: a slash-separated path whose every segment is safe on every system. It is a usage error
// when a segment is left empty. A value that is empty takes one separator beside it along.
func (t Template) Name(v Values) (string, error) {
	zone := cmp.Or(v.Zone, time.UTC)
	v.Start, v.End = v.Start.In(zone), v.End.In(zone)
	name, drop := make([]byte, 0, 96), false // drop: the separator that comes next
	for _, p := range t.parts {
		text, end := p.text, len(name)-1
		if p.value != nil {
			text = sanitise(p.value(v))
		} else if drop && strings.ContainsRune("_-. ", rune(text[0])) {
			text = text[1:]
		}
		switch {
		case p.value == nil, text != "":
			name, drop = append(name, text...), false
		case end >= 0 && strings.ContainsRune("_- ", rune(name[end])):
			name = name[:end]
		default:
			drop = true
		}
	}
	whole := string(name)
	if !strings.Contains(whole, "/") {
		if safe := safeSegment(whole); safe != "" {
			return safe, nil
		}
	}
	segments := strings.Split(whole, "/")
	for i, segment := range segments {
		if segments[i] = safeSegment(segment); segments[i] == "" {
			return "", charge.Usagef("the name template leaves an empty name: %q", charge.Clip(whole, 80))
		}
	}
	return strings.Join(segments, "/"), nil
}

// day is the date that begins at t in its zone, else the instant; nothing for the zero time.
func day(t time.Time) string {
	if date, ok := period.Date(t); ok && !t.IsZero() {
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
	if format == "" || len(format) > 8 {
		return "bin"
	}
	for i := range len(format) {
		if c := format[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return "bin"
		}
	}
	return format
}
