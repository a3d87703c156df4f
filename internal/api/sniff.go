package api

import (
	"bytes"
	"io"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	sniffSize   = 512
	sniffEnough = 64
)

func pageInstead(kind string) error {
	return charge.Errorf(charge.KindTemporary, "the file host answered with a page of %s, not the file", kind)
}

// sniffed checks the first bytes of a body for a web page in place of the file, and returns a body that still has
// them. It waits for a few bytes only, so that a slow file is not held up.
func sniffed(body io.ReadCloser, format string) (io.ReadCloser, error) {
	head := make([]byte, sniffSize)
	n, err := io.ReadAtLeast(body, head, sniffEnough)
	head = head[:n]
	if n == 0 && err != io.EOF {
		return nil, err
	}
	if format == "" {
		format = "csv" // the one there is today, where the link does not say
	}
	if kind := looksLike(head, format); kind != "" {
		return nil, pageInstead(kind)
	}
	// The error of a body that ended within its head comes again, after the head.
	return struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), body), body}, nil
}

// looksLike names the page that a file of this format cannot begin with; empty when it may be the file.
func looksLike(head []byte, format string) string {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	head = bytes.ToLower(bytes.TrimLeft(head, " \t\r\n"))
	switch {
	case format != "html" && (bytes.HasPrefix(head, []byte("<!doctype")) || bytes.HasPrefix(head, []byte("<html"))):
		return "HTML"
	case format != "xml" && format != "html" && bytes.HasPrefix(head, []byte("<?xml")):
		return "XML"
	case format != "csv":
		return ""
	case bytes.HasPrefix(head, []byte("<")):
		return "XML" // as object stores send it, without a declaration
	case bytes.HasPrefix(head, []byte(`{"`)), bytes.HasPrefix(head, []byte(`[{`)):
		return "JSON"
	default:
		return ""
	}
}
