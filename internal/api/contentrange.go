package api

import (
	"math"
	"net/http"
	"strconv"
	"strings"
)

// byteRange is a Content-Range: bytes first to last of total. A 416 has only the total: first and last are -1. A
// total that the header leaves open is -1.
type byteRange struct{ first, last, total int64 }

// parseContentRange reads Content-Range strictly (RFC 9110, section 14.4): digits only, last not before first, total
// beyond last. Anything else must not decide where bytes go.
func parseContentRange(value string) (r byteRange, ok bool) {
	unit, rest, _ := strings.Cut(value, " ")
	span, total, found := strings.Cut(rest, "/")
	if !found || !strings.EqualFold(unit, "bytes") {
		return byteRange{}, false
	}
	r = byteRange{first: -1, last: -1, total: -1}
	if total != "*" {
		if r.total, ok = parseDigits(total); !ok {
			return byteRange{}, false
		}
	}
	if span == "*" {
		if total == "*" {
			return byteRange{}, false
		}
		return r, true
	}
	first, last, _ := strings.Cut(span, "-")
	var okFirst, okLast bool
	r.first, okFirst = parseDigits(first)
	r.last, okLast = parseDigits(last)
	ok = okFirst && okLast && r.first <= r.last && r.last < math.MaxInt64 && (r.total < 0 || r.last < r.total)
	if !ok {
		return byteRange{}, false
	}
	return r, true
}

// contentRange reads the header; two of them contradict each other and say nothing.
func contentRange(header http.Header) (byteRange, bool) {
	values := header.Values("Content-Range")
	if len(values) != 1 {
		return byteRange{}, false
	}
	return parseContentRange(values[0])
}

// parseDigits reads 1*DIGIT; a number beyond int64 becomes the largest one.
func parseDigits(s string) (int64, bool) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.MaxInt64, true
	}
	return n, true
}
