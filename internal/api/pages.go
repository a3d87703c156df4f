package api

import (
	"bytes"
	"context"
	"iter"
	"net/http"
	"net/url"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	pageLimit  = "100" // how many elements a page is asked for, the most that the API allows
	maxOnePage = 1000  // elements that a page may have all the same
	maxEmpty   = 1000  // pages in a row that may be empty, as a filter leaves them, before the list is taken to have no end
)

// pages requests a list page by page, each when the loop asks for it, following next_page_url as it came.
func pages[T any](ctx context.Context, c *Client, op, first string, item func(*answer, value) (T, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		seen := map[string]bool{}
		empty := 0
		for at := first; at != ""; {
			var items []T
			var next string
			_, err := c.do(ctx, request{op: op, method: http.MethodGet, url: at, decode: func(a *answer) (err error) {
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
}

// listed decodes one page of a list (charge-api.md, Reports). It is strict where a mistake would end a list early and
// look like its end.
func listed[T any](a *answer, item func(*answer, value) (T, error)) (items []T, next string, err error) {
	v, err := a.object()
	if err != nil {
		return nil, "", err
	}
	data, link := v.get("data"), v.get("next_page_url")
	switch {
	case !data.is('['), !link.null() && !link.is('"'):
		return nil, "", charge.Errorf(charge.KindTemporary, "the API answered with a page without a data array")
	case link == nil && v.get("has_more") != nil:
		return nil, "", otherShape(`a page with "has_more" instead of "next_page_url"`)
	}
	n := 0
	for range data.elements() {
		if n++; n > maxOnePage {
			return nil, "", charge.Errorf(charge.KindInternal,
				"the API answered with a page of more than %d elements, where %s were asked for", maxOnePage, pageLimit)
		}
	}
	items = make([]T, 0, n)
	for element := range data.elements() {
		// A copy: one element that is kept must not keep the whole page.
		one, err := item(a, bytes.Clone(element))
		if err != nil {
			return nil, "", err
		}
		items = append(items, one)
	}
	return items, link.text(), nil
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
