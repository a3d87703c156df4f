package sandbox

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

func filePath(id string) string { return "/reports/" + id + ".csv" }

// serveFile is the file host. It asks for no key, and answers with what RFC 9110 asks of a file: a strong validator,
// ranges and conditions.
func (s *Sandbox) serveFile(w http.ResponseWriter, r *http.Request) {
	id := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/reports/"), ".csv")
	now := s.now()
	s.mu.Lock()
	of, ok := s.byID[id]
	s.mu.Unlock()
	switch {
	case !ok || r.URL.Path != filePath(id) || of.status(now) != succeeded || s.deleted(of, now):
		http.Error(w, "no such file", http.StatusNotFound)
		return
	case of.n <= s.filesGone: // both ways of servers to say it
		http.Error(w, "the file is gone", []int{http.StatusNotFound, http.StatusGone}[of.n%2])
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		return
	}
	body := s.render(of)
	if s.wrongSize {
		body = body[:len(body)-1]
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	if s.noRange {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write(body) // a client that has gone away is no news
		return
	}
	tag := digest(s.seed, "file", of.id) // the bytes follow from the seed and the report, and so may the validator
	f := file{body: body, tag: `"` + hex.EncodeToString(tag[:16]) + `"`, modified: of.ended()}
	f.serve(w, r)
}

// file is what one URL of the file host has.
type file struct {
	body     []byte
	tag      string // strong, with its quotes
	modified time.Time
}

// serve answers a GET or HEAD. Several ranges in one request get the whole file, as they may; http.ServeContent, which
// answers them, brings multipart and the machine's MIME types into every binary.
func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h, total := w.Header(), len(f.body)
	h.Set("ETag", f.tag)
	h.Set("Last-Modified", f.date())
	if status := f.condition(r.Header); status != http.StatusOK {
		w.WriteHeader(status)
		return
	}
	h.Set("Accept-Ranges", "bytes")
	status, first, end := http.StatusOK, 0, total
	if of := r.Header.Get("If-Range"); r.Method == http.MethodGet && (of == "" || of == f.tag || of == f.date()) {
		status, first, end = rangeOf(r.Header.Get("Range"), total)
	}
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", total))
		http.Error(w, "the file is shorter", status)
		return
	case http.StatusPartialContent:
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, end-1, total))
	}
	h.Set("Content-Length", strconv.Itoa(end-first))
	w.WriteHeader(status)
	if r.Method == http.MethodGet {
		_, _ = w.Write(f.body[first:end]) // a client that has gone away is no news
	}
}

func (f file) date() string { return f.modified.UTC().Format(http.TimeFormat) }

// condition is the status that the conditions of a request lead to, in the order of RFC 9110, section 13.2.2.
func (f file) condition(h http.Header) int {
	match, none := h.Get("If-Match"), h.Get("If-None-Match")
	switch {
	case match != "" && !f.in(match), match == "" && f.changed(h.Get("If-Unmodified-Since")) > 0:
		return http.StatusPreconditionFailed
	case none != "" && f.in(strings.ReplaceAll(none, "W/", "")), none == "" && f.changed(h.Get("If-Modified-Since")) < 0:
		return http.StatusNotModified
	}
	return http.StatusOK
}

// in reports whether a list of tags has the file's.
func (f file) in(tags string) bool {
	for tag := range strings.SplitSeq(tags, ",") {
		if tag = strings.TrimSpace(tag); tag == f.tag || tag == "*" {
			return true
		}
	}
	return false
}

// changed is positive where the file changed after a date, negative where it did not, and 0 where that is no date.
func (f file) changed(since string) int {
	switch date, err := http.ParseTime(since); {
	case err != nil:
		return 0
	case f.modified.Truncate(time.Second).After(date):
		return 1
	}
	return -1
}

// rangeOf is what a Range leads to, and the bytes that it asks for; all of them where it is none that we know.
func rangeOf(text string, total int) (status, first, end int) {
	unit, asked, _ := strings.Cut(text, "=")
	from, to, ok := strings.Cut(asked, "-")
	first, noFirst := strconv.Atoi(from)
	last, noLast := strconv.Atoi(to)
	switch {
	case unit != "bytes" || !ok:
		return http.StatusOK, 0, total
	case from == "" && noLast == nil && last >= 0: // the last so many
		first, last = max(total-last, 0), total-1
	case noFirst == nil && to == "":
		last = max(first, total-1)
	case noFirst != nil || noLast != nil || last < first:
		return http.StatusOK, 0, total
	}
	if first >= total {
		return http.StatusRequestedRangeNotSatisfiable, 0, 0
	}
	return http.StatusPartialContent, first, min(last, total-1) + 1
}
