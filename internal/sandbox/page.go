package sandbox

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
)

const (
	defaultLimit = 10
	maxLimit     = 100
)

// list is what a listing is cut from: rows in the order of creation, oldest first, counted from 0.
type list struct {
	name    string
	filters []string // the parameters that choose rows; others that nobody knows are ignored
	count   int
	shows   func(i int) bool // whether the filters let a row through
	view    func(i int) any
}

// cursor is what a page token stands for: a place in a sequence of pages, and a direction.
type cursor struct {
	sequence string // the list's name and its query, but for the token; never changed within a sequence (charge-api.md, Reports)
	at       int    // the row it goes on from
	step     int    // -1 towards older rows, 1 towards newer ones
}

// wants tells whether a filter, if there is one, lets a value through.
func (c call) wants(filter, value string) bool {
	return !c.query.Has(filter) || c.query.Get(filter) == value
}

// page cuts a list to the page that a call asks for, newest first. It reads only as far as the page needs.
func (s *Sandbox) page(c call, l list) (any, *refusal) {
	if _, err := url.ParseQuery(c.URL.RawQuery); err != nil {
		return nil, badRequest("", "the query is malformed")
	}
	limit, kept := defaultLimit, url.Values{}
	if c.query.Has("limit") {
		var err error
		text := c.query.Get("limit")
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxLimit || text[0] == '+' {
			return nil, badRequest("limit", "limit must be an integer from 1 to %d", maxLimit)
		}
	}
	kept.Set("limit", strconv.Itoa(limit))
	for _, name := range append(l.filters, "expand") {
		if c.query.Has(name) {
			kept[name] = c.query[name]
		}
	}
	from := cursor{l.name + "?" + kept.Encode(), l.count, -1}
	if c.query.Has("page") {
		issued, ok := s.pages[c.query.Get("page")]
		if !ok {
			return nil, badRequest("page", "page must be a token that the API issued")
		}
		if issued.sequence != from.sequence {
			return nil, badRequest("page", "page belongs to a list with other filters")
		}
		from = issued
	}
	rows := l.beside(from.at, from.step, limit)
	if from.step > 0 {
		slices.Reverse(rows)
	}
	page := pageObject{Data: []any{}}
	for _, i := range rows {
		page.Data = append(page.Data, l.view(i))
	}
	if len(rows) > 0 {
		page.NextPageURL = s.pageURL(l, cursor{from.sequence, rows[len(rows)-1], -1})
		page.PreviousPageURL = s.pageURL(l, cursor{from.sequence, rows[0], 1})
	}
	return page, nil
}

// beside returns up to n rows that lie beyond a row, the nearest first.
func (l list) beside(at, step, n int) (rows []int) {
	for i := at + step; i >= 0 && i < l.count && len(rows) < n; i += step {
		if l.shows(i) {
			rows = append(rows, i)
		}
	}
	return rows
}

// pageURL issues the token of a place and returns the URL of its page, nil when that would be empty. A client can
// neither read a token nor build one. The sandbox is locked.
func (s *Sandbox) pageURL(l list, to cursor) *string {
	if len(l.beside(to.at, to.step, 1)) == 0 {
		return nil
	}
	token := fmt.Sprintf("page_%x", digest(s.seed, to.sequence, to.at, to.step))
	s.pages[token] = to
	return orNull(s.baseURL + "/" + to.sequence + "&page=" + token)
}
