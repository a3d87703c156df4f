package api

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const maxHops = 10 // redirects of the file host that are followed

// OpenFile asks the file host for a file, from r.Offset on when r has a validator to make that safe (else from 0). It
// tries once: resuming is the caller's. No credential, cookie or Referer is sent; HTTPS only, but for loopback while
// the API is there too. Everything but 200, 206 and 416 is KindTemporary with its status, and so is a web page in
// place of the file; an untrusted certificate is KindCertificate, a downgrade to plain HTTP KindRefused, a proxy that
// wants another password KindUsage. The Body ends with ctx, and with KindTemporary after 30 s without a byte.
func (c *Client) OpenFile(ctx context.Context, rawURL string, r charge.FileRange) (*charge.File, error) {
	u, err := c.fileURL(rawURL)
	if err != nil {
		return nil, err
	}
	caller := ctx
	ctx, cancel := context.WithCancelCause(caller)
	resp, err := c.follow(ctx, u, r)
	if err != nil {
		cancel(context.Canceled)
		return nil, c.fileError(caller, err)
	}
	body := newStream(caller, ctx, cancel, resp.Body)
	file, err := fileOf(resp, body, strings.ToLower(strings.TrimPrefix(path.Ext(u.Path), ".")))
	if err != nil {
		_ = body.Close()
		return nil, c.fileError(caller, err)
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

// fileError gives the end of the context precedence over what it caused.
func (c *Client) fileError(ctx context.Context, err error) *charge.Error {
	if ctx.Err() != nil {
		return ended(ctx).About("fetch file", "")
	}
	e := charge.AsError(err).About("fetch file", "")
	c.scrubError(e)
	return e
}

// follow requests a file through the redirects of its host. It uses the transport itself: no client between adds
// cookies, a Referer or a password.
func (c *Client) follow(ctx context.Context, u *url.URL, r charge.FileRange) (*http.Response, error) {
	for number := 1; ; number++ {
		req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: http.Header{}}).WithContext(ctx)
		req.Header.Set("User-Agent", c.options.UserAgent)
		req.Header.Set("Accept-Encoding", "identity")
		if r.Offset > 0 && resumable(r.Validator) {
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-", r.Offset))
			req.Header.Set("If-Range", r.Validator)
		}
		began := time.Now()
		resp, err := c.options.Transport.RoundTrip(req)
		attempt := Attempt{Method: http.MethodGet, URL: originOf(u), Number: number, Duration: time.Since(began)}
		if err != nil {
			fault := c.fileError(ctx, c.unreachable(u, err))
			c.tell(attempt, nil, fault)
			return nil, fault
		}
		attempt.Status, attempt.Bytes, attempt.Request = resp.StatusCode, resp.ContentLength, requestID(resp.Header)
		c.tell(attempt, resp.Header, nil)
		location := resp.Header.Get("Location")
		switch resp.StatusCode {
		case http.StatusProxyAuthRequired:
			err = c.proxyRefuses(u)
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
			http.StatusPermanentRedirect:
			if location == "" {
				return resp, nil
			}
			u, err = c.redirected(u, location, number)
		default:
			return resp, nil
		}
		_ = resp.Body.Close()
		if err != nil {
			return nil, err
		}
	}
}

// redirected is where the redirect of a number leads.
func (c *Client) redirected(from *url.URL, location string, number int) (*url.URL, error) {
	to, err := from.Parse(location)
	switch {
	case err != nil || to.Host == "":
		return nil, charge.Errorf(charge.KindTemporary, "the file host redirects to something that is no URL")
	case number > maxHops:
		return nil, charge.Errorf(charge.KindTemporary, "the file host redirects more than %d times", maxHops)
	case !secure(to, c.loopback), from.Scheme == "https" && to.Scheme != "https":
		return nil, charge.Errorf(charge.KindRefused, "the file host redirects to %s, which is not https", originOf(to))
	}
	to.User, to.RawQuery = nil, escapeQuery(to.RawQuery)
	return to, nil
}

// fileOf makes a file of format of the last response, whose body is given apart, or returns why it cannot be the file.
func fileOf(resp *http.Response, body io.ReadCloser, format string) (*charge.File, error) {
	file := &charge.File{HTTPStatus: resp.StatusCode, Offset: -1, End: -1, Total: -1, Body: body, Validator: resp.Header.Get("ETag")}
	if !strongETag(file.Validator) {
		if file.Validator = resp.Header.Get("Last-Modified"); !resumable(file.Validator) {
			file.Validator = ""
		}
	}
	contentType := resp.Header.Get("Content-Type")
	part, ok := contentRange(resp.Header)
	ok = ok && !strings.HasPrefix(strings.ToLower(contentType), "multipart/")
	switch resp.StatusCode {
	case http.StatusOK:
		file.Offset, file.End, file.Total = 0, resp.ContentLength, resp.ContentLength
	case http.StatusPartialContent:
		if ok && part.first >= 0 {
			file.Offset, file.End, file.Total = part.first, part.last+1, part.total
		}
	case http.StatusRequestedRangeNotSatisfiable:
		if ok {
			file.Total = part.total
		}
		_ = body.Close()
		file.Body = http.NoBody
		return file, nil
	default:
		return nil, &charge.Error{Kind: charge.KindTemporary, HTTPStatus: resp.StatusCode, RetryAfter: retryAfter(resp.Header),
			Reason: "the file host answered " + statusText(resp.StatusCode), Request: requestID(resp.Header)}
	}
	if coding := resp.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, charge.Errorf(charge.KindTemporary, "the file host sent the file encoded as %q although it was asked not to",
			charge.Clip(coding, 40))
	}
	if kind := pageOf(contentType); kind != "" && !strings.EqualFold(kind, format) {
		return nil, pageInstead(kind)
	}
	if file.Offset != 0 {
		return file, nil
	}
	return file, sniff(file, format)
}

// resumable reports whether a validator may stand in If-Range (RFC 9110, section 13.1.5): a strong ETag or a date.
func resumable(validator string) bool {
	_, err := http.ParseTime(validator)
	return err == nil || strongETag(validator)
}

func strongETag(tag string) bool {
	return len(tag) > 2 && tag[0] == '"' && strings.IndexByte(tag[1:], '"') == len(tag)-2 &&
		!strings.ContainsFunc(tag, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// byteRange is a Content-Range: bytes first to last of total. A 416 has only the total: first and last are -1. A
// total that the header leaves open is -1.
type byteRange struct{ first, last, total int64 }

var rangeShape = regexp.MustCompile(`^(?i:bytes) (?:([0-9]+)-([0-9]+)/([0-9]+|\*)|\*/([0-9]+))$`)

// parseContentRange reads Content-Range strictly (RFC 9110, section 14.4): digits only, last not before first, total
// beyond last. Anything else must not decide where bytes go.
func parseContentRange(text string) (r byteRange, ok bool) {
	m := rangeShape.FindStringSubmatch(text)
	if m == nil {
		return byteRange{}, false
	}
	numbers := []int64{-1, -1, -1}
	for i, digits := range []string{m[1], m[2], m[3] + m[4]} {
		if n, ok := parseDigits(digits); ok {
			numbers[i] = n
		}
	}
	r = byteRange{first: numbers[0], last: numbers[1], total: numbers[2]}
	if r.first > r.last || r.last == math.MaxInt64 || r.total >= 0 && r.last >= r.total {
		return byteRange{}, false
	}
	return r, true
}

// contentRange reads the header; two of them contradict each other and count for nothing.
func contentRange(header http.Header) (byteRange, bool) {
	return parseContentRange(strings.Join(header.Values("Content-Range"), ","))
}

// parseDigits reads 1*DIGIT; a number beyond int64 becomes the largest one.
func parseDigits(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}

// sniff checks the first bytes of a file's body for a web page in its place, and leaves them in it. It waits for a few
// bytes only, so that a slow file is not held up.
func sniff(file *charge.File, format string) error {
	const enough, most = 64, 512
	body := bufio.NewReaderSize(file.Body, most)
	head, err := body.Peek(enough)
	if len(head) == 0 && err != io.EOF {
		return err
	}
	head, _ = body.Peek(body.Buffered())
	if kind := looksLike(head, format); kind != "" {
		return pageInstead(kind)
	}
	// The error of a body that ended within its head comes again, after the head.
	file.Body = struct {
		io.Reader
		io.Closer
	}{body, file.Body}
	return nil
}

// looksLike names the page that a file of this format cannot begin with; empty when it may be the file. Where the link
// does not tell its format, it is CSV, the only one there is today.
func looksLike(head []byte, format string) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n"))
	begins := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }
	csv := format == "csv" || format == ""
	switch {
	case format != "html" && (begins("<!doctype") || begins("<html")):
		return "HTML"
	case format != "xml" && format != "html" && begins("<?xml"), csv && begins("<"): // object stores send no declaration
		return "XML"
	case csv && (begins(`{"`) || begins(`[{`)):
		return "JSON"
	default:
		return ""
	}
}

func pageInstead(kind string) error {
	return charge.Errorf(charge.KindTemporary, "the file host answered with a page of %s, not the file", kind)
}
