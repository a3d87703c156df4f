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

// list is what a listing is cut from: rows in the order of creation, oldest first, counted from 0.
type list struct {
	count int
	shows func(i int) bool // whether the filters let a row through
	view  func(i int) any
}

// cursor is what a page token carries: which list with which filters, and where in it.
type cursor struct {
	List    string            `json:"list"`
	Filters map[string]string `json:"filters"`
	Expand  []string          `json:"expand,omitempty"`
	Limit   int               `json:"limit"`
	Before  *int              `json:"before,omitempty"` // rows older than this one
	After   *int              `json:"after,omitempty"`  // rows newer than this one
}

// wants tells whether a filter, if there is one, lets a value through.
func (c cursor) wants(filter, value string) bool {
	wanted, set := c.Filters[filter]
	return !set || wanted == value
}

// parseQuery reads the filters, the limit, what to expand and the page token of a list. Parameters nobody knows are
// ignored.
func (s *Sandbox) parseQuery(r *http.Request, list, expandable string, filters ...string) (c cursor, refused *refusal) {
	c = cursor{List: list, Filters: map[string]string{}, Limit: defaultLimit}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return c, badRequest("", "the query is malformed")
	}
	if c.Expand, refused = s.parseExpand(query, expandable); refused != nil {
		return c, refused
	}
	for _, name := range filters {
		if query.Has(name) {
			c.Filters[name] = query.Get(name)
		}
	}
	if query.Has("limit") {
		text := query.Get("limit")
		if c.Limit, err = strconv.Atoi(text); err != nil || c.Limit < 1 || c.Limit > maxLimit || text[0] == '+' {
			return c, badRequest("limit", "limit must be an integer from 1 to %d", maxLimit)
		}
	}
	if query.Has("page") {
		return s.resume(c, query.Get("page"))
	}
	return c, nil
}

// resume takes the position from a token, which must come from here and from the same sequence: same list, same
// filters, same limit, same expand (charge-api.md, Reports: never change a page URL).
func (s *Sandbox) resume(c cursor, token string) (cursor, *refusal) {
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

// page cuts a list to the page that the cursor points at, newest first. It reads only as far as the page needs.
func (s *Sandbox) page(c cursor, from list) pageObject {
	rows := from.cut(c)
	page := pageObject{Data: []any{}}
	for _, i := range rows {
		page.Data = append(page.Data, from.view(i))
	}
	if len(rows) == 0 {
		return page
	}
	newest, oldest := rows[0], rows[len(rows)-1]
	if len(from.below(oldest, 1)) > 0 {
		page.NextPageURL = s.pageURL(c, &oldest, nil)
	}
	if len(from.above(newest, 1)) > 0 {
		page.PreviousPageURL = s.pageURL(c, nil, &newest)
	}
	return page
}

func (l list) cut(c cursor) []int {
	switch {
	case c.After != nil:
		rows := l.above(*c.After, c.Limit)
		slices.Reverse(rows)
		return rows
	case c.Before != nil:
		return l.below(*c.Before, c.Limit)
	}
	return l.below(l.count, c.Limit)
}

// below returns up to n rows next to at that are older, newest first.
func (l list) below(at, n int) (rows []int) {
	for i := at - 1; i >= 0 && len(rows) < n; i-- {
		if l.shows(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

// above returns up to n rows next to at that are newer, oldest first.
func (l list) above(at, n int) (rows []int) {
	for i := at + 1; i < l.count && len(rows) < n; i++ {
		if l.shows(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

func (s *Sandbox) pageURL(c cursor, before, after *int) *string {
	c.Before, c.After = before, after
	query := url.Values{"limit": {strconv.Itoa(c.Limit)}, "page": {s.token(c)}}
	for name, value := range c.Filters {
		query.Set(name, value)
	}
	if len(c.Expand) > 0 {
		query["expand"] = c.Expand
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
	key := digest(s.seed, "page tokens")
	mac := hmac.New(sha256.New, key[:])
	mac.Write(text)
	return mac.Sum(nil)
}
