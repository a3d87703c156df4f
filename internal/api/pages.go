package api

import (
	"bytes"
	"context"
	"net/url"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	pageLimit  = "100" // how many elements a page is asked for, the most that the API allows
	maxOnePage = 1000  // elements that a page may have all the same
	maxEmpty   = 1000  // pages in a row that may be empty, as a filter leaves them, before the list is taken to have no end
)

// pages requests a list of a kind page by page, each when the loop asks for it, following next_page_url as it came.
func pages[T any](ctx context.Context, c *Client, k kind, query url.Values, item func(*answer, value) (T, error),
	yield func([]T, error) bool) {
	query.Set("limit", pageLimit)
	op, seen, empty := "list "+k.name+"s", map[string]bool{}, 0
	for at := c.base + k.path + "?" + query.Encode(); at != ""; {
		var items []T
		var next string
		_, err := c.do(ctx, request{op: op, url: at, decode: func(a *answer) (err error) {
			items, next, err = listed(a, item)
			return err
		}})
		if !yield(items, err) || err != nil {
			return
		}
		seen[at] = true
		if empty++; len(items) > 0 {
			empty = 0
		}
		if err := c.checkPage(op, next, seen, empty); err != nil {
			yield(nil, err)
			return
		}
		at = next
	}
}

// listed decodes one page of a list.
func listed[T any](a *answer, item func(*answer, value) (T, error)) (items []T, next string, err error) {
	elements, next, err := a.page()
	if err != nil {
		return nil, "", err
	}
	items = make([]T, 0, len(elements))
	for _, element := range elements {
		one, err := item(a, element)
		if err != nil {
			return nil, "", err
		}
		items = append(items, one)
	}
	return items, next, nil
}

// page returns the elements of one page of a list, and where the next one is (charge-api.md, Reports). It is strict where
// a mistake would end a list early and look like its end.
func (a *answer) page() (elements []value, next string, err error) {
	members := a.json.members()
	data, link := members["data"], members["next_page_url"]
	switch {
	case !data.is('['), !link.null() && !link.is('"'):
		return nil, "", charge.Errorf(charge.KindTemporary, "the API answered with a page without a data array")
	case link == nil && members["has_more"] != nil:
		return nil, "", otherShape(`a page with "has_more" instead of "next_page_url"`)
	}
	for element := range data.elements() {
		// A copy: one that is kept must not keep the whole page.
		if elements = append(elements, bytes.Clone(element)); len(elements) > maxOnePage {
			return nil, "", charge.Errorf(charge.KindInternal,
				"the API answered with a page of more than %d elements, where %s were asked for", maxOnePage, pageLimit)
		}
	}
	return elements, link.text(), nil
}

// checkPage keeps the key at its origin and a list from going round in circles.
func (c *Client) checkPage(op, next string, seen map[string]bool, empty int) error {
	if next == "" {
		return nil
	}
	u, err := url.Parse(next)
	e := &charge.Error{Kind: charge.KindRefused, Op: op}
	switch {
	case err != nil:
		e.Reason = "the API's next page URL is not a URL"
	case u.Scheme == "" || u.Host == "":
		e.Reason = "the API's next page URL names no scheme and host, and the key is only for " + c.origin
	case u.User != nil:
		e.Reason = "the API's next page URL holds a user name or password"
	case originOf(u) != c.origin:
		e.Reason = "the API's next page is at " + charge.Clip(originOf(u), 200) + ", and the key is only for " + c.origin
	case seen[next]:
		e.Kind, e.Reason = charge.KindInternal, "the API's next page is one that came before, so the list has no end"
	case empty >= maxEmpty:
		e.Kind, e.Reason = charge.KindInternal, "the API's pages are empty for too long, so the list has no end"
	default:
		return nil
	}
	c.scrubError(e)
	return e
}
