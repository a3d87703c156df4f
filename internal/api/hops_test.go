package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestFileRedirects(t *testing.T) {
	var asked []string
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		asked = append(asked, req.URL.String())
		for _, name := range []string{"Authorization", "Cookie", "Referer"} {
			if v := req.Header.Get(name); v != "" {
				t.Errorf("%s was sent %s: %s", req.URL, name, v)
			}
		}
		if req.Header.Get("Range") != "bytes=5-" || req.Header.Get("If-Range") != `"a"` {
			t.Errorf("%s was not asked for the range", req.URL)
		}
		switch req.URL.Path {
		case "/a":
			return reply(302, "", "Location: https://user:pw@other.test/b?x=1", "Set-Cookie: a=b"), nil
		case "/b":
			return reply(308, "", "Location: c"), nil
		default:
			return reply(206, "x", "Content-Range: bytes 5-5/6"), nil
		}
	}))
	file, err := c.OpenFile(t.Context(), "https://files.test/a?sig=1", charge.FileRange{Offset: 5, Validator: `"a"`})
	if err != nil || file.Offset != 5 {
		t.Fatalf("%+v, %v", file, err)
	}
	_ = file.Body.Close()
	if diff := cmp.Diff([]string{"https://files.test/a?sig=1", "https://other.test/b?x=1", "https://other.test/c"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestFileRedirectsThatAreRefused(t *testing.T) {
	for location, kind := range map[string]charge.Kind{
		"http://files.test/r.csv":       charge.KindRefused,
		"http://127.0.0.1/r.csv":        charge.KindRefused,
		"file:///etc/passwd":            charge.KindTemporary,
		"ftp://files.test/":             charge.KindRefused,
		"http://[":                      charge.KindTemporary,
		"https:///r.csv":                charge.KindTemporary,
		"https://files.test/again?a=%%": charge.KindTemporary,
	} {
		n := 0
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			n++
			return reply(302, "", "Location: "+location), nil
		}))
		_, err := c.OpenFile(t.Context(), fileURL, charge.FileRange{})
		e := wantKind(t, err, kind)
		if n > 11 || strings.Contains(e.Error(), "passwd") {
			t.Errorf("%s: %d requests, %v", location, n, e)
		}
	}
}

func TestTenRedirectsAreFollowedElevenAreNot(t *testing.T) {
	for hops, ok := range map[int]bool{10: true, 11: false} {
		n := 0
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			if n++; n <= hops {
				return reply(302, "", fmt.Sprintf("Location: /%d", n)), nil
			}
			return reply(200, "x"), nil
		}))
		file, err := c.OpenFile(t.Context(), fileURL, charge.FileRange{})
		if (err == nil) != ok {
			t.Errorf("%d redirects: %v", hops, err)
		}
		if err == nil {
			_ = file.Body.Close()
		}
	}
}

func TestFileURLs(t *testing.T) {
	for _, tc := range []struct {
		base, file string
		kind       charge.Kind // empty when it is asked for
	}{
		{"https://api.test", "https://files.test/r.csv", ""},
		{"https://api.test", "http://files.test/r.csv", charge.KindRefused},
		{"https://api.test", "http://127.0.0.1/r.csv", charge.KindRefused},
		{"http://127.0.0.1:1", "http://localhost/r.csv", ""},
		{"http://127.0.0.1:1", "http://files.test/r.csv", charge.KindRefused},
		{"https://api.test", "ftp://files.test/r.csv", charge.KindRefused},
		{"https://api.test", "r.csv", charge.KindInternal},
		{"https://api.test", "", charge.KindInternal},
		{"https://api.test", "https://[", charge.KindInternal},
	} {
		c := client(t, answering(200, "x"), func(o *Options) { o.BaseURL = tc.base })
		file, err := c.OpenFile(t.Context(), tc.file, charge.FileRange{})
		if tc.kind != "" {
			wantKind(t, err, tc.kind)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.file, err)
			continue
		}
		_ = file.Body.Close()
	}
}
