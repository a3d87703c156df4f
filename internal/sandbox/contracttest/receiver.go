package contracttest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"testing"
)

// signed is the form of a signature; what it signs is not documented, and so is no business of the contract's.
var signed = regexp.MustCompile(`^t=\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z,v1=[0-9a-f]{64}$`)

// Receiver returns next, which takes events, with the contract in front of it: each request that does not bring one is a
// t.Errorf with the reason. Of an event in the contract's own version the report is held to the contract, too. What does
// not arrive whole is passed over. The sandbox must be closed before the test ends.
func Receiver(t testing.TB, next http.Handler) http.Handler {
	t.Helper()
	c := newChecker(t, nil)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, cut := io.ReadAll(r.Body)
		r.Body = replay(body, cut)
		if err := c.checkEvent(r, body); err != nil && cut == nil {
			c.t.Errorf("%s %s: the event breaks the contract: %v", r.Method, r.URL, err)
		}
		next.ServeHTTP(w, r)
	})
}

func (c *checker) checkEvent(r *http.Request, body []byte) error {
	if media := r.Header.Get("Content-Type"); r.Method != http.MethodPost || media != "application/json" {
		return fmt.Errorf("it comes by %s as %q", r.Method, media)
	}
	if header := r.Header.Get("Charge-Signature"); !signed.MatchString(header) {
		return fmt.Errorf("its signature is %q", header)
	}
	if r.Header.Get("Authorization") != "" {
		return fmt.Errorf("it carries a key")
	}
	var event map[string]any
	if err := json.Unmarshal(body, &event); err != nil {
		return fmt.Errorf("it is not a JSON object: %w", err)
	}
	if err := c.schemas["Event"].Value.VisitJSON(event); err != nil {
		return err
	}
	if event["type"] != "report.succeeded" || event["api_version"] != c.version {
		return nil
	}
	report := event["data"].(map[string]any)["object"].(map[string]any) // the schema says so
	if report["status"] != "succeeded" {
		return fmt.Errorf("its report is %v", report["status"])
	}
	return c.schemas["Report"].Value.VisitJSON(report)
}
