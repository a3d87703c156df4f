package sandbox

import (
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
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
	case s.among(of, s.filesGone): // both ways of servers to say it
		http.Error(w, "the file is gone", []int{http.StatusNotFound, http.StatusGone}[of.n%2])
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "files can only be read", http.StatusMethodNotAllowed)
		return
	}
	body := s.open(of)
	if s.wrongSize {
		body = io.NewSectionReader(body, 0, body.Size()-1)
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	if s.noRange {
		w.Header().Set("Content-Length", strconv.FormatInt(body.Size(), 10))
		w.WriteHeader(http.StatusOK)
		_, _ = io.Copy(w, body) // a client that has gone away is no news
		return
	}
	answer := 0
	if s.etagMoves {
		answer = int(s.fileAnswers.Add(1))
	}
	tag := digest(s.seed, "file", of.id, answer) // the bytes follow from the seed and the report, and so may the validator
	w.Header().Set("ETag", `"`+hex.EncodeToString(tag[:16])+`"`)
	http.ServeContent(w, r, "", of.ended(), body)
}
