package filename

import (
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxValue   = 80
	maxSegment = 200 // leaves room for .part.json under the usual 255 bytes
)

// builder joins literals and values; a value that is empty takes one separator beside it along.
type builder struct {
	name string
	drop bool // the separator that comes next
}

func (b *builder) literal(text string) {
	if b.drop && strings.ContainsRune("_-. ", rune(text[0])) {
		text = text[1:]
	}
	b.drop = false
	b.name += text
}

func (b *builder) value(text string) {
	if text = sanitise(text); text != "" {
		b.name += text
		b.drop = false
		return
	}
	if end := len(b.name) - 1; end >= 0 && strings.ContainsRune("_- ", rune(b.name[end])) {
		b.name = b.name[:end]
		return
	}
	b.drop = true
}

// sanitise makes a value fit for a part of a file name: letters, digits, "-", "_" and "." stay, runs of anything
// else become one "-".
func sanitise(value string) string {
	var b strings.Builder
	gap := false
	for _, r := range value {
		switch {
		case unicode.IsLetter(r) && r != unicode.ReplacementChar, unicode.IsDigit(r), strings.ContainsRune("-_.", r):
			if gap && b.Len() > 0 {
				b.WriteByte('-')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	// A name that began with a dash would pass for a flag.
	value = strings.TrimLeft(b.String(), ".-")
	return strings.TrimRight(strings.TrimSuffix(charge.Clip(value, maxValue), "…"), ".")
}

// slug is a name in lower case with dashes between its words.
func slug(name string) string {
	return strings.ToLower(strings.ReplaceAll(sanitise(name), ".", "-"))
}

// reserved are the names that Windows keeps for devices, with or without an extension.
var reserved = []string{"con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
	"com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9"}

// safeSegment makes one path segment fit for every system: no name that is a device, a dot, or too long.
func safeSegment(segment string) string {
	segment = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '-'
		}
		return r
	}, segment)
	segment = shorten(strings.TrimRight(strings.TrimSpace(segment), ". "))
	if stem, _, _ := strings.Cut(segment, "."); slices.Contains(reserved, strings.ToLower(strings.TrimSpace(stem))) {
		segment = "_" + segment
	}
	return segment
}

// shorten cuts a segment that is too long, before its extension.
func shorten(segment string) string {
	if len(segment) <= maxSegment {
		return segment
	}
	extension := path.Ext(segment)
	if len(extension) > 9 {
		extension = ""
	}
	stem := strings.TrimSuffix(charge.Clip(segment, maxSegment-len(extension)), "…")
	return strings.TrimRight(stem, ". ") + extension
}
