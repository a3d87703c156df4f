package sandbox

import (
	"bytes"
	"encoding/hex"
	"net/http"
	"strings"
)

func filePath(id string) string { return "/reports/" + id + ".csv" }

func reportOf(path string) string {
	return strings.TrimSuffix(strings.TrimPrefix(path, "/reports/"), ".csv")
}

// countLeaks counts the keys that reach the file host, whatever it answers.
func (s *Sandbox) countLeaks(files http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			s.leaked.Add(1)
		}
		files.ServeHTTP(w, r)
	})
}

// serveFile is the file host. It asks for no key.
func (s *Sandbox) serveFile(w http.ResponseWriter, r *http.Request) {
	s.setDate(w)
	report, ok := s.fileOf(r.URL.Path)
	if !ok {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	s.serveBytes(w, r, report, s.render(report))
}

// fileOf returns the report whose file is at a path now.
func (s *Sandbox) fileOf(path string) (*report, bool) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.find(reportOf(path), now)
	return r, ok && path == filePath(r.id) && r.status(now) == succeeded
}

// serveBytes answers a GET or HEAD with what RFC 9110 asks of a file: a strong validator, ranges and conditions.
func (s *Sandbox) serveBytes(w http.ResponseWriter, r *http.Request, of *report, body []byte) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		return
	}
	tag := digest(s.seed, "file", of.id) // the bytes follow from the seed and the report, and so may the validator
	w.Header().Set("ETag", `"`+hex.EncodeToString(tag[:16])+`"`)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	http.ServeContent(w, r, "", of.ended(), bytes.NewReader(body))
}
