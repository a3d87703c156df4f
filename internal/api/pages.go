package api

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"

	"github.com/chargectl/chargectl/internal/charge"
)

// maxEmpty is how many pages in a row may be empty, as a filter leaves them, before the list is taken to have no end.
const maxEmpty = 1000

// page is one page of a list (charge-api.md, Reports). Data is nil when there was no array.
type page struct {
	Data []json.RawMessage `json:"data"`
	Next string            `json:"next_page_url"`
}

// decodePage is strict where a mistake would end a list early and look like its end.
func decodePage(raw []byte) (page, error) {
	var p page
	if err := json.Unmarshal(raw, &p); err != nil || p.Data == nil {
		return page{}, charge.Errorf(charge.KindTemporary, "the API answered with a page without a data array")
	}
	return p, nil
}

// decodeItems decodes the elements of a page.
func decodeItems[T any](a *answer, item func(*answer, []byte) (T, error)) (items []T, next string, err error) {
	raw, err := a.object()
	if err != nil {
		return nil, "", err
	}
	p, err := decodePage(raw)
	if err != nil {
		return nil, "", err
	}
	items = make([]T, len(p.Data))
	for i, element := range p.Data {
		if items[i], err = item(a, element); err != nil {
			return nil, "", err
		}
	}
	return items, p.Next, nil
}

// pages requests a list page by page, each when it is asked for, following next_page_url as it came.
func pages[T any](ctx context.Context, c *Client, op, first string, item func(*answer, []byte) (T, error)) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		seen := map[string]bool{}
		empty := 0
		for at := first; at != ""; {
			items, next, err := onePage(ctx, c, op, at, item)
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

func onePage[T any](ctx context.Context, c *Client, op, at string, item func(*answer, []byte) (T, error)) (items []T, next string, err error) {
	_, err = c.do(ctx, request{op: op, method: http.MethodGet, url: at, decode: func(a *answer) (err error) {
		items, next, err = decodeItems(a, item)
		return err
	}})
	if err != nil {
		return nil, "", err
	}
	return items, next, nil
}

// checkPage keeps the key at its origin and a list from going round in circles.
func (c *Client) checkPage(op, next string, seen map[string]bool, empty int) error {
	if next == "" {
		return nil
	}
	u, err := url.Parse(next)
	refused := &charge.Error{Kind: charge.KindRefused, Op: op}
	switch {
	case err != nil:
		refused.Reason = "the API's next page URL is not a URL"
	case u.Scheme == "" || u.Host == "":
		refused.Reason = "the API's next page URL names no scheme and host, and the key is only for " + c.origin
	case u.User != nil:
		refused.Reason = "the API's next page URL holds a user name or password"
	case originOf(u) != c.origin:
		refused.Reason = "the API's next page is at " + charge.Clip(originOf(u), 200) + ", and the key is only for " + c.origin
	case seen[next]:
		return &charge.Error{Kind: charge.KindInternal, Op: op, Reason: "the API's next page is one that came before, so the list has no end"}
	case empty >= maxEmpty:
		return &charge.Error{Kind: charge.KindInternal, Op: op, Reason: "the API's pages are empty for too long, so the list has no end"}
	default:
		return nil
	}
	c.scrubError(refused)
	return refused
}
