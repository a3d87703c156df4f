package contracttest

import (
	"cmp"
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
	*checker

	next http.RoundTripper
}

func (rt roundTripper) RoundTrip(r *http.Request) (*http.Response, error) {
	if !concerns(r) {
		return rt.next.RoundTrip(r)
	}
	var body []byte
	if r.Body != nil && r.Body != http.NoBody {
		var err error
		if body, err = take(r.Body); err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = replay(body, nil)
	}
	end := rt.begin(r, body)
	resp, err := rt.next.RoundTrip(r)
	if err != nil || rt.badResponses {
		return resp, err
	}
	answer, err := take(resp.Body)
	resp.Body = replay(answer, err)
	if err == nil {
		end(resp.StatusCode, resp.Header, answer)
	}
	return resp, nil
}

// take reads a body to its end and closes it.
func take(body io.ReadCloser) ([]byte, error) {
	all, err := io.ReadAll(body)
	return all, cmp.Or(err, body.Close())
}
