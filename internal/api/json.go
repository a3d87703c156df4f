package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxDepth is how deep objects and lists may lie in each other. The documented ones need five levels; whoever prints
// or queries an object needs memory for each.
const maxDepth = 1000

const (
	truncated = "truncated JSON"
	tooDeep   = "JSON that is nested deeper than 1000 levels"
)

// value is one JSON value without the space around it, a slice of a text that readJSON has accepted. The zero value
// stands for a member that is missing.
//
// Objects are read as maps and not as structs, because there a member "Size" overrides "size": the API may add members,
// but none of them may change the meaning of the documented ones. Of two members of one name the last counts. They are
// read here and not by encoding/json, which takes twice as long over a list of a hundred thousand reports.
type value []byte

// readJSON returns the one value that text is made of, or what text is instead, such as "truncated JSON".
func readJSON(text []byte) (v value, instead string) {
	if depth(text) > maxDepth {
		return nil, tooDeep
	}
	if json.Valid(text) {
		return slices.Clip(bytes.Trim(text, " \t\r\n")), ""
	}
	switch err := json.NewDecoder(bytes.NewReader(text)).Decode(new(json.RawMessage)); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, truncated
	case err != nil:
		return nil, "something that is not JSON"
	}
	return nil, "something after its JSON"
}

// depth is how many objects and lists of a text lie in each other, JSON or not.
func depth(text []byte) (deepest int) {
	level := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = closingQuote(text, i)
		case '{', '[':
			level++
			deepest = max(deepest, level)
		case '}', ']':
			level--
		}
	}
	return deepest
}

// closingQuote returns where the string that opens at text[i] closes, or the text's length.
func closingQuote(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// members are the members of an object, none of any other value.
func (v value) members() map[string]value {
	members := map[string]value{}
	var name value
	for part := range v.parts('{') {
		if name == nil {
			name = part
			continue
		}
		members[name.text()], name = part, nil
	}
	return members
}

// elements are the elements of a list in their order, none of any other value. They are read one by one, so that a page
// of a million costs no more than is wanted of it.
func (v value) elements() iter.Seq[value] { return v.parts('[') }

// parts are what lies directly in a value that begins with opening: the elements of a list, or the names and members
// of an object in turn.
func (v value) parts(opening byte) iter.Seq[value] {
	return func(yield func(value) bool) {
		level, start := 0, 1
		for i := 0; v.is(opening) && i < len(v); i++ {
			switch c := v[i]; {
			case c == '"':
				i = closingQuote(v, i)
			case c == '{' || c == '[':
				level++
			case level == 1 && strings.IndexByte(",:}]", c) >= 0:
				part := bytes.TrimSpace(v[start:i:i])
				if len(part) > 0 && !yield(part) { // none in {} and []
					return
				}
				start = i + 1
			case c == '}' || c == ']':
				level--
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
	if v.is('"') && bytes.IndexByte(v, '\\') < 0 && utf8.Valid(v) { // nearly always
		return string(v[1 : len(v)-1])
	}
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
