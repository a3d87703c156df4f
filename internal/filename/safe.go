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

// sanitise makes a value fit for a part of a file name: letters, digits, "-", "_" and "." stay, runs of anything
// else become one "-".
func sanitise(value string) string {
	if plain(value) {
		return value
	}
	words := strings.FieldsFunc(value, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_.", r)
	})
	// A name that began with a dash would pass for a flag.
	value = strings.TrimLeft(strings.Join(words, "-"), ".-")
	return strings.TrimRight(strings.TrimSuffix(charge.Clip(value, maxValue), "…"), ".")
}

// plain reports whether a value is fit as it is, as nearly all are.
func plain(value string) bool {
	if len(value) > maxValue || strings.HasPrefix(value, "-") {
		return false
	}
	for i := range len(value) {
		if !plainByte(value[i]) {
			return false
		}
	}
	return true
}

func plainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// plainSegment is plain for a whole segment, which has dots too, but not at its end.
func plainSegment(segment string) bool {
	for i := range len(segment) {
		if c := segment[i]; !plainByte(c) && (c != '.' || i == len(segment)-1) {
			return false
		}
	}
	return len(segment) <= maxSegment
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
	if !plainSegment(segment) {
		segment = plainer(segment)
	}
	stem, _, _ := strings.Cut(segment, ".")
	if stem = strings.TrimSpace(stem); len(stem) <= len("com1") && slices.Contains(reserved, strings.ToLower(stem)) {
		segment = "_" + segment
	}
	return segment
}

// plainer makes a segment one that every system takes, but for the names of devices.
func plainer(segment string) string {
	const refused = `<>:"|?*`
	if strings.ContainsAny(segment, refused) {
		segment = strings.Map(func(r rune) rune {
			if strings.ContainsRune(refused, r) {
				return '-'
			}
			return r
		}, segment)
	}
	segment = strings.ToValidUTF8(segment, "-")
	segment = strings.TrimRight(strings.TrimSpace(segment), ". ")
	if len(segment) > maxSegment {
		extension := path.Ext(segment)
		if len(extension) > 9 {
			extension = ""
		}
		stem := strings.TrimSuffix(charge.Clip(segment, maxSegment-len(extension)), "…")
		segment = strings.TrimRight(stem, ". ") + extension
	}
	return segment
}
