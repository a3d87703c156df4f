package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const maxHops = 10 // redirects of the file host that are followed

// hops follows the file host's redirects to a file.
type hops struct {
	client *Client
	caller context.Context
	ctx    context.Context
	cancel context.CancelCauseFunc
	r      charge.FileRange
	resume bool
	format string
	number int
}

// follow uses the transport itself: no client between adds cookies, a Referer or a password.
func (h *hops) follow(u *url.URL) (*charge.File, error) {
	for {
		resp, err := h.hop(u)
		if err != nil {
			return nil, h.client.unreachable(u, err)
		}
		if resp.StatusCode == http.StatusProxyAuthRequired {
			_ = resp.Body.Close()
			return nil, h.client.proxyRefuses(u)
		}
		if !redirects(resp) {
			return h.open(resp)
		}
		_ = resp.Body.Close()
		if u, err = h.next(u, resp.Header.Get("Location")); err != nil {
			return nil, err
		}
	}
}

func (h *hops) hop(u *url.URL) (*http.Response, error) {
	req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(h.ctx)
	req.Header.Set("User-Agent", h.client.userAgent)
	req.Header.Set("Accept-Encoding", "identity")
	if h.resume {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", h.r.Offset))
		req.Header.Set("If-Range", h.r.Validator)
	}
	h.number++
	began := time.Now()
	resp, err := h.client.transport.RoundTrip(req)
	h.trace(u, resp, err, time.Since(began))
	return resp, err
}

func (h *hops) trace(u *url.URL, resp *http.Response, err error, took time.Duration) {
	attempt := Attempt{Method: http.MethodGet, URL: h.client.scrub(originOf(u)), Number: h.number, Duration: took}
	if err != nil {
		attempt.Err = h.finish(h.client.unreachable(u, err))
		h.client.tell(attempt, nil)
		return
	}
	attempt.Status, attempt.Bytes = resp.StatusCode, resp.ContentLength
	attempt.Request = h.client.scrub(requestID(resp.Header))
	h.client.tell(attempt, resp.Header)
}

func redirects(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
		http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	default:
		return false
	}
}

func (h *hops) next(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	switch {
	case err != nil || to.Host == "":
		return nil, charge.Errorf(charge.KindTemporary, "the file host redirects to something that is no URL")
	case h.number > maxHops:
		return nil, charge.Errorf(charge.KindTemporary, "the file host redirects more than %d times", maxHops)
	case !secure(to, h.client.loopback), from.Scheme == "https" && to.Scheme != "https":
		return nil, charge.Errorf(charge.KindRefused, "the file host redirects to %s, which is not https", originOf(to))
	}
	to.User, to.RawQuery = nil, escapeQuery(to.RawQuery)
	return to, nil
}

// finish gives the context's end precedence over what it caused.
func (h *hops) finish(err error) error {
	if h.caller.Err() != nil {
		return ended(h.caller).About("fetch file", "")
	}
	e := charge.AsError(err).About("fetch file", "")
	h.client.scrubError(e)
	return e
}
