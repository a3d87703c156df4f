package sandbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultLimit = 10
	maxLimit     = 100
)

// row is one object of a list; rows are ordered by n, and lists show the highest first.
type row struct {
	n    int
	view func() any
}

// cursor is what a page token carries: which list with which filters, and where in it. Exactly one of Before and
// After is set.
type cursor struct {
	List    string            `json:"list"`
	Filters map[string]string `json:"filters"`
	Limit   int               `json:"limit"`
	Before  int               `json:"before,omitempty"` // rows older than this one
	After   int               `json:"after,omitempty"`  // rows newer than this one
}

// wants tells whether a filter, if there is one, lets a value through.
func (c cursor) wants(filter, value string) bool {
	wanted, set := c.Filters[filter]
	return !set || wanted == value
}

// parseQuery reads the filters, the limit and the page token of a list. Parameters nobody knows are ignored.
func (s *Sandbox) parseQuery(r *http.Request, list string, filters ...string) (cursor, *problem) {
	c := cursor{List: list, Filters: map[string]string{}, Limit: defaultLimit}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return c, badRequest("", "the query is malformed")
	}
	for _, name := range filters {
		if query.Has(name) {
			c.Filters[name] = query.Get(name)
		}
	}
	if query.Has("limit") {
		if c.Limit, err = strconv.Atoi(query.Get("limit")); err != nil || c.Limit < 1 || c.Limit > maxLimit {
			return c, badRequest("limit", "limit must be an integer from 1 to %d", maxLimit)
		}
	}
	if query.Has("page") {
		return s.resume(c, query.Get("page"))
	}
	return c, nil
}

// resume takes the position from a token, which must come from here and from the same sequence: same list, same
// filters, same limit (charge-api.md, Reports: never change a page URL).
func (s *Sandbox) resume(c cursor, token string) (cursor, *problem) {
	issued, ok := s.openToken(token)
	if !ok {
		return c, badRequest("page", "page must be a token that the API issued")
	}
	c.Before, c.After = issued.Before, issued.After
	if s.token(c) != token {
		return c, badRequest("page", "page belongs to a list with other filters")
	}
	return c, nil
}

// page cuts the rows, given oldest first, to the page that the cursor points at.
func (s *Sandbox) page(c cursor, rows []row) pageObject {
	low, high := window(c, rows)
	page := pageObject{Data: []any{}}
	for _, row := range slices.Backward(rows[low:high]) {
		page.Data = append(page.Data, row.view())
	}
	if low > 0 && low < len(rows) {
		page.NextPageURL = s.pageURL(c, cursor{Before: rows[low].n})
	}
	if high > 0 && high < len(rows) {
		page.PreviousPageURL = s.pageURL(c, cursor{After: rows[high-1].n})
	}
	return page
}

// window is the part of the rows that a page shows: those next to the cursor, the newest without one.
func window(c cursor, rows []row) (low, high int) {
	if c.After != 0 {
		low = position(rows, c.After+1)
		return low, min(low+c.Limit, len(rows))
	}
	high = len(rows)
	if c.Before != 0 {
		high = position(rows, c.Before)
	}
	return max(0, high-c.Limit), high
}

// position is the index of the first row that is not below n.
func position(rows []row, n int) int {
	i, _ := slices.BinarySearchFunc(rows, n, func(r row, n int) int { return r.n - n })
	return i
}

func (s *Sandbox) pageURL(c, at cursor) *string {
	c.Before, c.After = at.Before, at.After
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}, "page": {s.token(c)}}
	for name, value := range c.Filters {
		query.Set(name, value)
	}
	return orNull(strings.TrimSuffix(s.baseURL, "/") + "/" + c.List + "?" + query.Encode())
}

// token is a cursor that a client can neither read much from nor build: signed, and different for every seed.
func (s *Sandbox) token(c cursor) string {
	text, err := json.Marshal(c)
	if err != nil {
		return ""
	}
	return "page_" + base64.RawURLEncoding.EncodeToString(append(s.sign(text), text...))
}

func (s *Sandbox) openToken(token string) (c cursor, ok bool) {
	encoded, ok := strings.CutPrefix(token, "page_")
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if !ok || err != nil || len(raw) < sha256.Size {
		return c, false
	}
	signature, text := raw[:sha256.Size], raw[sha256.Size:]
	ok = hmac.Equal(signature, s.sign(text)) && json.Unmarshal(text, &c) == nil
	return c, ok
}

func (s *Sandbox) sign(text []byte) []byte {
	key := digest(s.options.Seed, "page tokens")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(text)
	return mac.Sum(nil)
}
