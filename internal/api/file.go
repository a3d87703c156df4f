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
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
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
	request, cancel := context.WithCancelCause(ctx)
	resp, err := c.follow(request, u, r)
	if err != nil {
		cancel(context.Canceled)
		return nil, c.fileError(ctx, err)
	}
	body := newStream(ctx, request, cancel, resp.Body)
	file, err := fileOf(resp, body, strings.ToLower(strings.TrimPrefix(path.Ext(u.Path), ".")))
	if err != nil {
		_ = body.Close()
		return nil, c.fileError(ctx, err)
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
		err = ended(ctx)
	}
	e := charge.AsError(err).About("fetch file", "")
	c.scrubError(e)
	return e
}

// follow requests a file through the redirects of its host. It uses the transport itself: no client between adds
// cookies, a Referer or a password.
func (c *Client) follow(ctx context.Context, u *url.URL, r charge.FileRange) (*http.Response, error) {
	header := http.Header{"User-Agent": {c.options.UserAgent}, "Accept-Encoding": {"identity"}}
	if r.Offset > 0 && resumable(r.Validator) {
		header.Set("Range", fmt.Sprintf("bytes=%d-", r.Offset))
		header.Set("If-Range", r.Validator)
	}
	for number := 1; ; number++ {
		req := (&http.Request{Method: http.MethodGet, URL: u, Host: u.Host, Header: header.Clone()}).WithContext(ctx)
		began := time.Now()
		resp, err := c.forFile(u).RoundTrip(req)
		attempt := Attempt{Method: http.MethodGet, URL: originOf(u), Number: number, Duration: time.Since(began)}
		if err != nil {
			fault := c.fileError(ctx, c.unreachable(u, err))
			c.tell(attempt, nil, fault)
			return nil, fault
		}
		attempt.Status, attempt.Bytes = resp.StatusCode, resp.ContentLength
		c.tell(attempt, resp.Header, nil)
		switch location := resp.Header.Get("Location"); {
		case resp.StatusCode == http.StatusProxyAuthRequired:
			err = c.proxyRefuses(u)
		case location != "" && slices.Contains(redirects, resp.StatusCode):
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

// redirects are the statuses whose Location has the file. That of a 300 is one of several, that of a 305 a proxy.
var redirects = []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect,
	http.StatusPermanentRedirect}

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
	file := &charge.File{HTTPStatus: resp.StatusCode, Offset: -1, End: -1, Total: -1, Body: body}
	for _, validator := range []string{resp.Header.Get("Last-Modified"), resp.Header.Get("ETag")} {
		if resumable(validator) {
			file.Validator = validator
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
	kind := pageOf(contentType)
	if file.Offset == 0 && (kind == "" || strings.EqualFold(kind, format)) {
		var err error
		if kind, file.Body, err = sniff(body, format); err != nil {
			return nil, err
		}
	}
	if kind != "" && !strings.EqualFold(kind, format) {
		return nil, charge.Errorf(charge.KindTemporary, "the file host answered with a page of %s, not the file", kind)
	}
	return file, nil
}

var strongETag = pattern.New(`^"[^"\x00-\x1f\x7f]+"$`)

// resumable reports whether a validator may stand in If-Range (RFC 9110, section 13.1.5): a strong ETag or a date.
func resumable(validator string) bool {
	_, err := http.ParseTime(validator)
	return err == nil || strongETag.Get().MatchString(validator)
}

// byteRange is a Content-Range: bytes first to last of total. A 416 has only the total: first and last are -1. A
// total that the header leaves open is -1.
type byteRange struct{ first, last, total int64 }

var rangeShape = pattern.New(`^(?i:bytes) (?:([0-9]+)-([0-9]+)/([0-9]+|\*)|\*/([0-9]+))$`)

// contentRange reads the header; two of them contradict each other and count for nothing.
func contentRange(header http.Header) (byteRange, bool) {
	return parseContentRange(strings.Join(header.Values("Content-Range"), ","))
}

// parseContentRange reads Content-Range strictly (RFC 9110, section 14.4): digits only, last not before first, total
// beyond last. Anything else must not decide where bytes go.
func parseContentRange(text string) (byteRange, bool) {
	m := rangeShape.Get().FindStringSubmatch(text)
	if m == nil {
		return byteRange{}, false
	}
	r := byteRange{first: decimal(m[1]), last: decimal(m[2]), total: decimal(m[3] + m[4])}
	if r.first > r.last || r.last == math.MaxInt64 || r.total >= 0 && r.last >= r.total {
		return byteRange{}, false
	}
	return r, true
}

// decimal reads 1*DIGIT; it is -1 for anything else, and the largest number for one beyond that.
func decimal(s string) int64 {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return -1
	}
	n, _ := strconv.ParseInt(s, 10, 64) // the largest number is what comes of one beyond it
	return n
}

// sniff names the page that the first bytes of a body are of, as pageOf does, and returns a body that still has them. It
// waits for a few bytes only, so that a slow file is not held up. Where the link does not tell its format, the file is
// CSV, the only one there is today.
func sniff(body io.ReadCloser, format string) (kind string, whole io.ReadCloser, err error) {
	buffer := bufio.NewReader(body)
	head, err := buffer.Peek(64)
	if len(head) == 0 && err != io.EOF {
		return "", nil, err
	}
	head, _ = buffer.Peek(buffer.Buffered()) // what came with them too: many a page begins with blank lines
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	kind = pageOf(http.DetectContentType(head))
	if begins := func(with string) bool { return bytes.HasPrefix(head, []byte(with)) }; format == "csv" || format == "" {
		switch {
		case kind == "" && begins("<"): // object stores send no declaration
			kind = "XML"
		case begins(`{"`) || begins(`[{`):
			kind = "JSON"
		}
	}
	// The error of a body that ended within its head comes again, after the head.
	return kind, struct {
		io.Reader
		io.Closer
	}{buffer, body}, nil
}
