package contracttest

import (
	"io"
	"net/http"
	"testing"
)

// RoundTripper returns next with the contract in front of it, like Check. A response that does not arrive whole is
// passed over, and with AllowBadResponses none is touched. Requests outside /v1, such as those for files, go through untouched.
func RoundTripper(t testing.TB, next http.RoundTripper, opts ...Option) http.RoundTripper {
	t.Helper()
	return roundTripper{newChecker(t, opts), next}
}

type roundTripper struct {
	checker *checker
	next    http.RoundTripper
}

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if !concerns(r) {
		return rt.next.RoundTrip(r)
	}
	body, err := take(r.Body)
	if err != nil {
		return nil, err
	}
	x := rt.checker.begin(r, body)
	if r.Body != nil && r.Body != http.NoBody {
		r = r.Clone(r.Context())
		r.Body = replay(body, nil)
	}
	resp, err := rt.next.RoundTrip(r)
	if err != nil || rt.checker.badResponses {
		return resp, err
	}
	answer, err := take(resp.Body)
	resp.Body = replay(answer, err)
	if err == nil {
		x.end(resp.StatusCode, resp.Header, answer)
	}
	return resp, nil
}

// take reads a body, which may be nil, to its end and closes it.
func take(body io.ReadCloser) ([]byte, error) {
	if body == nil {
		return nil, nil
	}
	all, err := io.ReadAll(body)
	if closing := body.Close(); err == nil {
		err = closing
	}
	return all, err
}
