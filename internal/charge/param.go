package charge

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// ParseParams reads KEY=VALUE texts into an object: dots in KEY nest, VALUE is JSON where it parses as JSON and text
// otherwise. Type and period are refused, as they have flags of their own; so is a key that is given twice or is both
// a value and an object. Errors are KindUsage.
func ParseParams(texts []string) (map[string]any, error) {
	root := map[string]any{}
	for _, text := range texts {
		key, value, ok := strings.Cut(text, "=")
		if !ok || !utf8.ValidString(text) {
			return nil, Usagef("--param %q must be KEY=VALUE, such as group_by=vehicle", Clip(text, maxEcho))
		}
		if slices.Contains([]string{"type", "period_start", "period_end"}, key) {
			return nil, Usagef("--param cannot set %s: use --type, and --period or --start with --end", key)
		}
		if err := put(root, key, paramValue(value)); err != nil {
			return nil, Usagef("--param %q: %w", Clip(text, maxEcho), err)
		}
	}
	return root, nil
}

func put(object map[string]any, key string, value any) error {
	name, rest, nested := strings.Cut(key, ".")
	there, taken := object[name]
	inner, ok := there.(map[string]any)
	switch {
	case name == "":
		return errors.New("a part of the key is empty")
	case !nested && taken:
		return errors.New(name + " is set already")
	case !nested:
		object[name] = value
		return nil
	case taken && !ok:
		return errors.New(name + " is set already, and not to an object")
	case !taken:
		inner = map[string]any{}
		object[name] = inner
	}
	return put(inner, rest, value)
}

// paramValue keeps a number's text: 1.10 is not 1.1 to everybody.
func paramValue(text string) any {
	if !json.Valid([]byte(text)) {
		return text
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var value any
	_ = dec.Decode(&value) // which is valid
	return value
}
