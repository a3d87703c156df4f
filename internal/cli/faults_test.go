package cli

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
)

// phase is a moment in the life of `reports create --download`.
type phase int

const (
	creating phase = iota
	polling
	linking   // a fresh link is asked for because the first has expired
	firstByte // of the file
	midway
	lastByte
	renaming // all bytes are here
)

func (p phase) String() string {
	return []string{"create", "poll", "link", "first byte", "midway", "last byte", "rename"}[p]
}

// ofFile says that the file host is asked in this phase, not the API.
func (p phase) ofFile() bool { return p >= firstByte }

// fault is one way in which a request goes wrong. Codes are what must come out in each phase, from creating to
// renaming, when it happens once and when it happens again and again; -1 where it cannot happen.
type fault struct {
	name    string
	happen  func(w *world, req *http.Request) (*http.Response, error)
	once    [7]int
	lasting [7]int
}

// The codes of faults that are of the same kind.
var (
	never = [7]int{-1, -1, -1, -1, -1, -1, -1}
	fine  = [7]int{0, 0, 0, 0, 0, 0, -1}
)

func faults() []fault {
	passes := [7]int{5, 8, 5, 5, 5, 5, -1} // temporary: waiting for a report lasts to the deadline all the same
	at := func(code int) [7]int { return [7]int{code, code, code, code, code, code, -1} }
	api := func(create, poll, link int) [7]int { return [7]int{create, poll, link, 0, 0, 0, -1} }
	lastingAPI := func(create, poll, link int) [7]int { return [7]int{create, poll, link, 5, 5, 5, -1} }
	onlyFile := func(code int) [7]int { return [7]int{-1, -1, -1, code, code, code, -1} }
	temporary := []fault{
		{name: "refused", happen: breaks(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED})},
		{name: "reset", happen: breaks(&net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET})},
		{name: "DNS", happen: breaks(&net.DNSError{Err: "no such host", Name: "api.chargeapi.co", IsNotFound: true})},
		{name: "TLS handshake", happen: breaks(tls.AlertError(40))},
		{name: "408", happen: answers(408)},
		{name: "425", happen: answers(425)},
		{name: "429", happen: answers(429)},
		{name: "429 with Retry-After", happen: answers(429, "Retry-After: 7")},
		{name: "500", happen: answers(500)},
		{name: "503", happen: answers(503)},
		{name: "HTML 200", happen: says(200, "<!DOCTYPE html><html><body>Please sign in</body></html>", "Content-Type: text/html")},
		{name: "HTML 502", happen: says(502, "<html><body>Bad Gateway</body></html>", "Content-Type: text/html")},
		{name: "empty body", happen: says(200, "")},
		{name: "truncated JSON", happen: says(200, `{"id":"rpt_1","sta`, "Content-Type: application/json")},
		{name: "2xx without object", happen: says(200, `{}`, "Content-Type: application/json")},
		{name: "lost response", happen: loses},
		{name: "cut", happen: cuts},
	}
	for i := range temporary {
		temporary[i].once, temporary[i].lasting = fine, passes
	}
	return append(temporary,
		// One stall outlasts the 30 s in which a create is tried again.
		fault{name: "stall", happen: hangs, once: [7]int{5, 0, 0, 0, 0, 0, -1}, lasting: passes},
		fault{name: "untrusted certificate", happen: breaks(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}), once: at(2), lasting: at(2)},
		fault{name: "401", happen: answers(401), once: api(4, 4, 4), lasting: lastingAPI(4, 4, 4)},
		fault{name: "403", happen: answers(403), once: api(4, 4, 4), lasting: lastingAPI(4, 4, 4)},
		fault{name: "404", happen: answers(404), once: api(3, 0, 3), lasting: lastingAPI(3, 3, 3)},
		fault{name: "410", happen: answers(410), once: api(3, 0, 3), lasting: lastingAPI(3, 3, 3)},
		fault{name: "redirect", happen: says(302, "", "Location: https://elsewhere.example/x"), once: api(1, 1, 1), lasting: lastingAPI(1, 1, 1)},
		fault{name: "wrong size", happen: resizes, once: onlyFile(7), lasting: onlyFile(7)},
		fault{name: "no range", happen: ignoresRange, once: onlyFile(0), lasting: onlyFile(0)},
		fault{name: "signal", happen: signals, once: at(143), lasting: never},
		fault{name: "deadline", happen: outlasts, once: never, lasting: [7]int{-1, 8, -1, -1, -1, -1, -1}},
		fault{name: "folder at the target", happen: takesTheName, once: [7]int{7, 7, 7, 7, 7, 7, 7}, lasting: never},
		fault{name: "reset after all", happen: ends(syscall.ECONNRESET), once: [7]int{-1, -1, -1, -1, -1, -1, 0}, lasting: never},
		fault{name: "cut after all", happen: ends(io.ErrUnexpectedEOF), once: [7]int{-1, -1, -1, -1, -1, -1, 0}, lasting: never},
		fault{name: "signal after all", happen: signalsLate, once: [7]int{-1, -1, -1, -1, -1, -1, 0}, lasting: never},
	)
}

// TestFaults has every fault happen in every phase, once and lastingly.
func TestFaults(t *testing.T) {
	cells := 0
	cell := func(f fault, p phase, times, want int) {
		if want < 0 {
			return
		}
		cells++
		t.Run(fmt.Sprintf("%s/%s/%d", f.name, p, times), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, f, p, times)
				code, err := w.run(w.ctx)
				if code != want {
					t.Errorf("exit %d (%v), want %d", code, err, want)
				}
				w.wantState(code)
				w.again()
			})
		})
	}
	for _, f := range faults() {
		for p := creating; p <= renaming; p++ {
			cell(f, p, 1, f.once[p])
			cell(f, p, 1_000_000, f.lasting[p])
		}
	}
	t.Logf("%d cells", cells)
}
