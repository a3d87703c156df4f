package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strings"
	"time"
)

// maxDepth is how deep objects and lists may lie in each other. The documented ones need five levels; whoever prints
// or queries an object needs memory for each.
const maxDepth = 1000

const (
	truncated = "truncated JSON"
	tooDeep   = "JSON that is nested deeper than 1000 levels"
)

// value is one JSON value without the space around it; the zero value stands for a member that is missing.
//
// Objects are read as maps and not as structs, because there a member "Size" overrides "size": the API may add members,
// but none of them may change the meaning of the documented ones. Of two members of one name the last counts.
type value []byte

// UnmarshalJSON keeps a copy: one element that is kept must not keep its whole page.
func (v *value) UnmarshalJSON(text []byte) error {
	*v = bytes.Clone(text)
	return nil
}

// readJSON returns the one value that text is made of, or what text is instead, such as "truncated JSON".
func readJSON(text []byte) (v value, instead string) {
	if depth(text) > maxDepth {
		return nil, tooDeep
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	switch err := dec.Decode(&v); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, truncated
	case err != nil:
		return nil, "something that is not JSON"
	case len(bytes.Trim(text[dec.InputOffset():], " \t\r\n")) > 0:
		return nil, "something after its JSON"
	}
	return v, ""
}

// depth is how many objects and lists of a text lie in each other, JSON or not.
func depth(text []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

// members are the members of an object, none of any other value.
func (v value) members() (members map[string]value) {
	_ = json.Unmarshal(v, &members)
	return members
}

// elements are the elements of a list in their order, none of any other value. They are read one by one, so that a page
// of a million costs no more than is wanted of it.
func (v value) elements() iter.Seq[value] {
	return func(yield func(value) bool) {
		dec := json.NewDecoder(bytes.NewReader(v))
		if opening, _ := dec.Token(); opening != json.Delim('[') {
			return
		}
		for dec.More() {
			var element value
			if dec.Decode(&element) != nil || !yield(element) {
				return
			}
		}
	}
}

// is reports whether a value begins with a byte: { for an object, [ for a list, " for a string.
func (v value) is(opening byte) bool { return len(v) > 0 && v[0] == opening }

// number reports whether a value is a number.
func (v value) number() bool { return len(v) > 0 && (v[0] == '-' || '0' <= v[0] && v[0] <= '9') }

// null reports whether a value is null or missing.
func (v value) null() bool { return len(v) == 0 || v[0] == 'n' }

// text is a string's text, empty for any other value.
func (v value) text() (text string) {
	_ = json.Unmarshal(v, &text)
	return text
}

// id is an id, which may come as the object that it stands for (charge-api.md, expand).
func (v value) id() string {
	if v.is('{') {
		return v.members()["id"].text()
	}
	return v.text()
}

// instant is an RFC 3339 time of any precision; anything else is zero, because no instant is worth losing a report.
func (v value) instant() time.Time {
	t, _ := time.Parse(time.RFC3339, strings.ToUpper(v.text()))
	return t
}
