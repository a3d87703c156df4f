package api

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// OpenFile asks the file host for a file, from r.Offset on when r has a validator to make that safe (else from 0). It
// tries once: resuming is the caller's. No credential, cookie or Referer is sent; HTTPS only, but for loopback while
// the API is there too. Everything but 200, 206 and 416 is KindTemporary with its status, and so is a web page in
// place of the file; an untrusted certificate is KindCertificate, a downgrade to plain HTTP KindRefused, a proxy that
// wants another password KindUsage. The Body ends
// with ctx, and with KindTemporary after 30 s without a byte.
func (c *Client) OpenFile(ctx context.Context, rawURL string, r charge.FileRange) (*charge.File, error) {
	u, err := c.fileURL(rawURL)
	if err != nil {
		return nil, err
	}
	h := &hops{client: c, caller: ctx, format: formatOf(u), resume: r.Offset > 0 && resumable(r.Validator), r: r}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	file, err := h.follow(u)
	if err != nil {
		h.cancel(context.Canceled)
		return nil, h.finish(err)
	}
	return file, nil
}

func (c *Client) fileURL(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return nil, charge.Errorf(charge.KindInternal, "the file's URL is not a URL")
	}
	if !secure(u, c.loopback) {
		return nil, charge.Errorf(charge.KindRefused, "the file's URL at %s is not https", originOf(u))
	}
	u.User, u.RawQuery = nil, escapeQuery(u.RawQuery)
	return u, nil
}

// resumable reports whether a validator may stand in If-Range (RFC 9110, section 13.1.5): a strong ETag or a date.
func resumable(validator string) bool {
	if strongETag(validator) {
		return true
	}
	_, err := http.ParseTime(validator)
	return err == nil
}

func strongETag(tag string) bool {
	return len(tag) > 2 && tag[0] == '"' && strings.IndexByte(tag[1:], '"') == len(tag)-2 &&
		!strings.ContainsFunc(tag, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// open turns the last response into a file. It closes the body when it is none.
func (h *hops) open(resp *http.Response) (*charge.File, error) {
	body := newStream(h.caller, h.ctx, h.cancel, resp.Body)
	file := fileOf(resp)
	err := acceptable(resp, h.format)
	if err == nil && file.Offset == 0 {
		file.Body, err = sniffed(body, h.format)
	} else {
		file.Body = body
	}
	if err != nil {
		_ = body.Close()
		return nil, err
	}
	if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
		_ = body.Close()
		file.Body = http.NoBody
	}
	return file, nil
}

// acceptable refuses what cannot be the file, by status and header alone.
func acceptable(resp *http.Response, format string) error {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent:
	case http.StatusRequestedRangeNotSatisfiable:
		return nil
	default:
		return &charge.Error{Kind: charge.KindTemporary, HTTPStatus: resp.StatusCode, RetryAfter: retryAfter(resp.Header),
			Reason: "the file host answered " + statusText(resp.StatusCode), Request: requestID(resp.Header)}
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return charge.Errorf(charge.KindTemporary, "the file host sent the file encoded as %q although it was asked not to",
			charge.Clip(coding, 40))
	}
	if kind := pageOf(resp.Header.Get("Content-Type")); kind != "" && !strings.EqualFold(kind, format) {
		return pageInstead(kind)
	}
	return nil
}

func fileOf(resp *http.Response) *charge.File {
	file := &charge.File{HTTPStatus: resp.StatusCode, Offset: -1, End: -1, Total: -1, Validator: validatorOf(resp.Header)}
	switch r, ok := contentRange(resp.Header); {
	case resp.StatusCode == http.StatusOK:
		file.Offset, file.End, file.Total = 0, resp.ContentLength, resp.ContentLength
	case !ok || strings.HasPrefix(strings.ToLower(resp.Header.Get("Content-Type")), "multipart/"):
	case resp.StatusCode == http.StatusPartialContent && r.first >= 0:
		file.Offset, file.End, file.Total = r.first, r.last+1, r.total
	case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		file.Total = r.total
	}
	return file
}

func validatorOf(header http.Header) string {
	if tag := header.Get("ETag"); strongETag(tag) {
		return tag
	}
	if date := header.Get("Last-Modified"); resumable(date) {
		return date
	}
	return ""
}

func formatOf(u *url.URL) string { return strings.ToLower(strings.TrimPrefix(path.Ext(u.Path), ".")) }
