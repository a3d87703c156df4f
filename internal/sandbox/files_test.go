package sandbox_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

func TestFileAnswers(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	r := b.finished(april(""))
	link := r.text("url")
	bytes, _ := b.File(r.text("id"))
	file, length := string(bytes), len(bytes)
	total := strconv.Itoa(length)
	whole := b.get(link)
	tag, modified := whole.header.Get("ETag"), whole.header.Get("Last-Modified")
	early := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).Format(http.TimeFormat)

	tests := []struct {
		name         string
		method       string
		header       []string
		status       int
		body         string
		contentRange string
	}{
		{"whole", "GET", nil, 200, file, ""},
		{"head", "HEAD", nil, 200, "", ""},
		{"from an offset", "GET", []string{"Range", "bytes=10-"}, 206, file[10:], "bytes 10-" + strconv.Itoa(length-1) + "/" + total},
		{"a part", "GET", []string{"Range", "bytes=3-5"}, 206, file[3:6], "bytes 3-5/" + total},
		{"if the tag is the same", "GET", []string{"Range", "bytes=10-", "If-Range", tag}, 206, file[10:], "bytes 10-" + strconv.Itoa(length-1) + "/" + total},
		{"if the date is the same", "GET", []string{"Range", "bytes=10-", "If-Range", modified}, 206, file[10:], "bytes 10-" + strconv.Itoa(length-1) + "/" + total},
		{"the tag is another", "GET", []string{"Range", "bytes=10-", "If-Range", `"other"`}, 200, file, ""},
		{"the tag is weak", "GET", []string{"Range", "bytes=10-", "If-Range", "W/" + tag}, 200, file, ""},
		{"the date is another", "GET", []string{"Range", "bytes=10-", "If-Range", early}, 200, file, ""},
		{"past the end", "GET", []string{"Range", "bytes=" + total + "-"}, 416, "", "bytes */" + total},
		{"not modified", "GET", []string{"If-None-Match", tag}, 304, "", ""},
		{"written to", "POST", nil, 405, "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := b.do(test.method, link, "", test.header...)
			if a.status != test.status || a.header.Get("Content-Range") != test.contentRange || a.err != nil {
				t.Errorf("%d, Content-Range %q (%v)", a.status, a.header.Get("Content-Range"), a.err)
			}
			if a.status < 300 && a.body != test.body {
				t.Errorf("the body is %q", a.body)
			}
		})
	}
	for name, want := range map[string]string{
		"Content-Length": total, "Accept-Ranges": "bytes", "Content-Type": "text/csv; charset=utf-8",
		"Last-Modified": b.clock.Now().Add(-time.Hour + 3*time.Second).Format(http.TimeFormat),
		"Date":          b.clock.Now().Format(http.TimeFormat),
	} {
		if got := whole.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(tag, `"`) {
		t.Errorf("the tag %s is not strong", tag)
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	pending := b.create(april(""))
	done := b.finished(april("")).text("id")
	waiting := b.create(april(""))
	for _, path := range []string{"/", "/reports/" + waiting + ".csv", "/reports/" + done, "/" + done + ".csv", "/reports/" + done + ".pdf"} {
		if a := b.get("https://files.chargeapi.co" + path); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	if _, ok := b.File(pending); !ok {
		t.Error("the first report has no file after an hour")
	}
}

func TestLeakedKeys(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	link := b.finished(april("")).text("url")
	b.get(link)
	if b.LeakedKeys() != 0 {
		t.Errorf("%d keys leaked, none was sent", b.LeakedKeys())
	}
	if a := b.get(link, "Authorization", "Bearer "+key); a.status != http.StatusOK || b.LeakedKeys() != 1 {
		t.Errorf("%d, %d keys leaked, want 1", a.status, b.LeakedKeys())
	}
}
