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

// serveFile is the file host. It asks for no key, and counts the keys that reach it all the same.
func (s *Sandbox) serveFile(w http.ResponseWriter, r *http.Request) {
	s.setDate(w)
	if r.Header.Get("Authorization") != "" {
		s.countLeak()
	}
	id := reportOf(r.URL.Path)
	body, ok := s.File(id)
	if !ok || r.URL.Path != filePath(id) {
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	s.serveBytes(w, r, id, body)
}

// serveBytes answers a GET or HEAD with what RFC 9110 asks of a file: a strong validator, ranges and conditions.
func (s *Sandbox) serveBytes(w http.ResponseWriter, r *http.Request, id string, body []byte) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		return
	}
	tag := digest(s.options.Seed, body)
	w.Header().Set("ETag", `"`+hex.EncodeToString(tag[:16])+`"`)
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	s.mu.Lock()
	report, _ := s.find(id)
	s.mu.Unlock()
	http.ServeContent(w, r, "", report.ended(), bytes.NewReader(body))
}

func (s *Sandbox) countLeak() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaked++
}
