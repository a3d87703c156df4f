package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chargectl/chargectl/internal/charge"
)

const fileURL = "https://files.test/r.csv?sig=hunter2"

func TestFileResponses(t *testing.T) {
	const lastModified = "Tue, 03 Mar 2026 14:05:42 GMT"
	for name, tc := range map[string]struct {
		status int
		length int64
		header []string
		want   charge.File
	}{
		"200":                    {200, 4, nil, charge.File{Offset: 0, End: 4, Total: 4}},
		"200 without length":     {200, -1, nil, charge.File{Offset: 0, End: -1, Total: -1}},
		"200 with Content-Range": {200, 4, []string{"Content-Range: bytes 5-8/9"}, charge.File{Offset: 0, End: 4, Total: 4}},
		"strong ETag":            {200, 4, []string{`ETag: "a"`, "Last-Modified: " + lastModified}, charge.File{End: 4, Total: 4, Validator: `"a"`}},
		"weak ETag":              {200, 4, []string{`ETag: W/"a"`, "Last-Modified: " + lastModified}, charge.File{End: 4, Total: 4, Validator: lastModified}},
		"bare ETag":              {200, 4, []string{`ETag: a`}, charge.File{End: 4, Total: 4}},
		"no date":                {200, 4, []string{`Last-Modified: now`}, charge.File{End: 4, Total: 4}},
		"206":                    {206, 4, []string{"Content-Range: bytes 5-8/9"}, charge.File{Offset: 5, End: 9, Total: 9}},
		"206 of unknown total":   {206, 4, []string{"Content-Range: bytes 5-8/*"}, charge.File{Offset: 5, End: 9, Total: -1}},
		"206 without range":      {206, 4, nil, charge.File{Offset: -1, End: -1, Total: -1}},
		"206 with nonsense":      {206, 4, []string{"Content-Range: bytes 8-5/9"}, charge.File{Offset: -1, End: -1, Total: -1}},
		"206 with a total alone": {206, 4, []string{"Content-Range: bytes */9"}, charge.File{Offset: -1, End: -1, Total: -1}},
		"206 of several parts": {206, 4, []string{"Content-Range: bytes 5-8/9", "Content-Type: multipart/byteranges; boundary=x"},
			charge.File{Offset: -1, End: -1, Total: -1}},
		"416":               {416, 4, []string{"Content-Range: bytes */9", "Content-Type: text/html"}, charge.File{Offset: -1, End: -1, Total: 9}},
		"416 without total": {416, 4, nil, charge.File{Offset: -1, End: -1, Total: -1}},
	} {
		resp := reply(tc.status, "body", tc.header...)
		resp.ContentLength = tc.length
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return resp, nil }))
		file, err := c.OpenFile(t.Context(), fileURL, charge.FileRange{Offset: 5, Validator: `"a"`})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		tc.want.HTTPStatus = tc.status
		if diff := cmp.Diff(&tc.want, file, cmpopts.IgnoreFields(charge.File{}, "Body")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		body, err := io.ReadAll(file.Body)
		if want := map[bool]string{true: "", false: "body"}[tc.status == 416]; string(body) != want || err != nil {
			t.Errorf("%s: body %q, %v", name, body, err)
		}
		_ = file.Body.Close()
	}
}

func TestFileRefusals(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		header string
		says   string
	}{
		{401, "", "", "HTTP 401"}, {403, "<Error/>", "", "HTTP 403"}, {404, "", "", "HTTP 404"}, {410, "", "", "HTTP 410"},
		{204, "", "", "HTTP 204"}, {304, "", "", "HTTP 304"}, {500, "", "", "HTTP 500"},
		{503, "", "Retry-After: 120", "HTTP 503 Service Unavailable"},
		{302, "", "", "HTTP 302"},
		{200, "a,b\n", "Content-Encoding: gzip", `encoded as "gzip"`},
		{200, "a,b\n", "Content-Type: text/html; charset=utf-8", "a page of HTML, not the file"},
		{206, "a,b\n", "Content-Type: application/xhtml+xml", "a page of HTML"},
		{200, "a,b\n", "Content-Type: application/xml", "a page of XML"},
		{200, "a,b\n", "Content-Type: application/problem+json", "a page of JSON"},
		{200, "\n <!DOCTYPE html>", "", "a page of HTML"},
		{200, "\xef\xbb\xbf<HTML>", "", "a page of HTML"},
		{200, strings.Repeat("\r\n", 200) + "<html>", "Content-Type: text/csv", "a page of HTML"},
		{300, "", "Location: " + fileURL, "HTTP 300"},
		{304, "", "Location: " + fileURL, "HTTP 304"},
		{305, "", "Location: " + fileURL, "HTTP 305"}, // this one names a proxy
		{200, "<?xml version=\"1.0\"?><Error>", "", "a page of XML"},
		{200, "<Error><Code>AccessDenied</Code></Error>", "Content-Type: text/plain", "a page of XML"},
		{200, `{"error":"expired"}`, "", "a page of JSON"},
		{200, `[{"error":"expired"}]`, "Content-Type: text/plain", "a page of JSON"},
	} {
		_, err := client(t, answering(tc.status, tc.body, tc.header)).OpenFile(t.Context(), fileURL, charge.FileRange{})
		e := wantKind(t, err, charge.KindTemporary)
		wantText(t, e.Error(), "fetch file: the file host", tc.says)
		if tc.status >= 400 && e.HTTPStatus != tc.status || strings.Contains(e.Error(), "hunter2") {
			t.Errorf("%+v", e)
		}
		if tc.status == 503 && e.RetryAfter != 2*time.Minute {
			t.Errorf("RetryAfter %v", e.RetryAfter)
		}
	}
	_, err := client(t, answering(200, `{"a":1}`)).OpenFile(t.Context(), "https://files.test/r", charge.FileRange{})
	wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "a page of JSON") // a link that does not say is a CSV's
}

func TestFilesThatAreNoPages(t *testing.T) {
	for _, tc := range []struct{ url, body, contentType string }{
		{fileURL, "", "text/csv"},
		{fileURL, "a", "text/csv"},
		{fileURL, "vehicle,energy\n" + strings.Repeat("x,1\n", 1000), "application/octet-stream"},
		{fileURL, "a<html>,b\n", ""},
		{fileURL, "\xef\xbb\xbfa,b\n", ""},
		{"https://files.test/r.pdf", "%PDF-1.7", "application/pdf"},
		{"https://files.test/r.json", `{"a":1}`, "application/json"},
		{"https://files.test/r.xml", `<?xml version="1.0"?>`, "text/xml"},
		{"https://files.test/r", "vehicle,energy\n", "application/octet-stream"},
	} {
		file, err := client(t, answering(200, tc.body, "Content-Type: "+tc.contentType)).OpenFile(t.Context(), tc.url, charge.FileRange{})
		if err != nil {
			t.Errorf("%s %q: %v", tc.url, tc.body, err)
			continue
		}
		if got, err := io.ReadAll(file.Body); string(got) != tc.body || err != nil {
			t.Errorf("%s: %d bytes of %d, %v", tc.url, len(got), len(tc.body), err)
		}
		_ = file.Body.Close()
	}
}

func TestFileRequests(t *testing.T) {
	identity := http.Header{"Accept-Encoding": {"identity"}, "User-Agent": {"chargectl/test"}}
	ranged := func(validator string) http.Header {
		h := identity.Clone()
		h.Set("Range", "bytes=5-")
		h.Set("If-Range", validator)
		return h
	}
	for _, tc := range []struct {
		r    charge.FileRange
		want http.Header
	}{
		{charge.FileRange{}, identity},
		{charge.FileRange{Validator: `"a"`}, identity},
		{charge.FileRange{Offset: 5}, identity},
		{charge.FileRange{Offset: 5, Validator: `W/"a"`}, identity},
		{charge.FileRange{Offset: 5, Validator: "\"a\"\r\nX: y\""}, identity},
		{charge.FileRange{Offset: 5, Validator: `"a"`}, ranged(`"a"`)},
		{charge.FileRange{Offset: 5, Validator: "Tue, 03 Mar 2026 14:05:42 GMT"}, ranged("Tue, 03 Mar 2026 14:05:42 GMT")},
	} {
		var got http.Header
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			got = req.Header.Clone()
			return reply(200, "a,b\n"), nil
		}))
		file, err := c.OpenFile(t.Context(), "https://user:pw@files.test/r.csv", tc.r)
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Body.Close()
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%+v: %s", tc.r, diff)
		}
	}
}

// What cannot stand in a request line is escaped, and nothing else: the rest may be signed.
func TestQueriesAreSendable(t *testing.T) {
	const raw, sent = `sig=a b"<ü>&x=%20+%zz|{}'^`, `sig=a%20b%22%3C%C3%BC%3E&x=%20+%zz|{}'^`
	for _, path := range []string{"/r.csv", "/moved"} {
		asked := make(chan string, 2)
		c := dial(t, func(w http.ResponseWriter, req *http.Request) {
			asked <- req.URL.RawQuery
			if req.URL.Path == "/moved" {
				w.Header().Set("Location", "/r.csv?"+raw)
				w.WriteHeader(http.StatusFound)
				return
			}
			fmt.Fprint(w, "a,b\n")
		})
		file, err := c.OpenFile(t.Context(), c.Origin()+path+"?"+raw, charge.FileRange{})
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Body.Close()
		close(asked)
		for got := range asked {
			if got != sent {
				t.Errorf("%s: asked for %s, want %s", path, got, sent)
			}
		}
	}
	next := make(chan string, 2)
	var page string
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		next <- req.URL.RawQuery
		fmt.Fprint(w, page)
		page = pageText("null")
	})
	page = pageText(`"` + c.Origin() + `/v1/reports?page=page_a b"`)
	if _, err := allPages(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if first, second := <-next, <-next; first != "limit=100" || second != "page=page_a%20b" {
		t.Errorf("asked for %s and %s", first, second)
	}
}

// Whoever has the link, or knows the id in its path, may have the file: no error and no trace shows more than its origin.
func TestTheLinkIsInNoErrorAndNoTrace(t *testing.T) {
	const link = "https://files.test/reports/rpt_SECRET.csv?sig=SECRET#SECRET"
	back := "https://user:SECRET@other.test/SECRET.csv?sig=SECRET"
	for name, happens := range map[string]func() (*http.Response, error){
		"200":               with(200, "a,b\n", "Location: "+back),
		"403":               with(403, "<Error/>"),
		"page":              with(200, htmlPage),
		"encoded":           with(200, "x", "Content-Encoding: gzip"),
		"reset":             reset,
		"url error":         breaks(&url.Error{Op: "Get", URL: link, Err: io.EOF}),
		"redirect":          with(302, "", "Location: "+back),
		"relative redirect": with(302, "", "Location: /SECRET?sig=SECRET"),
		"redirect to http":  with(302, "", "Location: "+strings.Replace(back, "https", "http", 1)),
		"redirect to none":  with(302, "", "Location: http://[SECRET"),
		"redirect to ftp":   with(302, "", "Location: ftp://files.test/SECRET"),
	} {
		var seen traces
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return happens() }), seen.option)
		file, err := c.OpenFile(t.Context(), link, charge.FileRange{})
		text := fmt.Sprintf("%+v %v", seen.all, err)
		if err != nil {
			text += fmt.Sprintf("%+v", *charge.AsError(err))
		} else {
			_ = file.Body.Close()
		}
		if len(seen.all) == 0 || seen.all[0].URL != "https://files.test" || strings.Contains(text, "SECRET") {
			t.Errorf("%s: %s", name, text)
		}
	}
	c := client(t, answering(200, ""))
	for _, bad := range []string{"SECRET", "http://files.test/SECRET", "ftp://files.test/SECRET", "https://[SECRET", "https:///SECRET", "https://files.test/SECRET\x7f"} {
		if _, err := c.OpenFile(t.Context(), bad, charge.FileRange{}); err == nil || strings.Contains(fmt.Sprintf("%v %+v", err, *charge.AsError(err)), "SECRET") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestOpenFileTriesOnceAndTellsWhy(t *testing.T) {
	f := &flaky{replies: times(9, reset)}
	_, err := client(t, f).OpenFile(t.Context(), fileURL, charge.FileRange{})
	e := wantKind(t, err, charge.KindTemporary)
	wantText(t, e.Error(), "fetch file: cannot reach files.test: connection reset")
	if len(f.at) != 1 || strings.Contains(e.Error(), "hunter2") {
		t.Errorf("%v after %d tries", e, len(f.at))
	}
}

func TestOpenFileEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		cancel()
		return nil, req.Context().Err()
	}))
	_, err := c.OpenFile(ctx, fileURL, charge.FileRange{})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestACutFileOverHTTP(t *testing.T) {
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "" {
			t.Error("the file host was sent the key")
		}
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, "a,b\n")
	})
	file, err := c.OpenFile(t.Context(), c.Origin()+"/r.csv", charge.FileRange{})
	if err != nil || file.End != 1000 {
		t.Fatalf("%+v, %v", file, err)
	}
	body, err := io.ReadAll(file.Body)
	wantKind(t, err, charge.KindTemporary)
	if string(body) != "a,b\n" || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%q, %v", body, err)
	}
	_ = file.Body.Close()
}

// A real connection that stays open and silent is let go of when the context ends.
func TestASilentFileOverHTTP(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprint(w, strings.Repeat("a,b\n", 100))
		_ = http.NewResponseController(w).Flush()
		<-req.Context().Done()
	})
	file, err := c.OpenFile(ctx, c.Origin()+"/r.csv", charge.FileRange{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Body.Close() }()
	if _, err := io.ReadFull(file.Body, make([]byte, 400)); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := file.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func FuzzFileURL(f *testing.F) {
	for _, seed := range []string{fileURL, "https://u:p@files.test/a b?c d#e", "HTTPS://[::1]:8443/%zz", "http://files.test/", "https:///x", "https://é/ü?\xff", ""} {
		f.Add(seed)
	}
	c, err := New(Options{BaseURL: "https://api.test", Transport: answering(200, "")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := c.fileURL(raw)
		if err != nil {
			if e := charge.AsError(err); e.Kind != charge.KindInternal && e.Kind != charge.KindRefused {
				t.Errorf("%q: %#v", raw, err)
			}
			return
		}
		line := u.RequestURI()
		if u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			t.Errorf("%q would be asked for with %q", raw, line)
		}
	})
}
