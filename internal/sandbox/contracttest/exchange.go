package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// concerns tells whether a request is the contract's business.
func concerns(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// begin holds a request to the contract, and returns what holds its response to it. body is a copy of the request's own.
func (c *checker) begin(r *http.Request, body []byte) (end func(status int, header http.Header, body []byte)) {
	name := r.Method + " " + r.URL.Path
	r = r.Clone(r.Context()) // as it would go to the one server that the contract names
	r.URL.Scheme, r.URL.Host, r.Host = "https", "api.chargeapi.co", "api.chargeapi.co"
	r.Body, r.ContentLength = http.NoBody, int64(len(body))
	if len(body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	var input *openapi3filter.RequestValidationInput // stays nil when the contract has no such operation
	route, params, err := c.router.FindRoute(r)
	if err == nil {
		input = &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route, Options: options()}
		err = openapi3filter.ValidateRequest(r.Context(), input)
	}
	if err != nil && !c.badRequests {
		c.t.Errorf("%s: the request breaks the contract: %v", name, err)
	}
	return func(status int, header http.Header, body []byte) {
		// Anything between client and API may send a page of its own instead of an answer (charge-api.md, Errors).
		fromProxy := status >= http.StatusInternalServerError && !strings.HasPrefix(header.Get("Content-Type"), "application/json")
		if c.badResponses || fromProxy {
			return
		}
		var err error
		switch {
		case input != nil && r.Method == http.MethodHead:
		case status >= http.StatusBadRequest:
			err = c.checkError(status, header, body)
		case input == nil:
			err = errors.New("success for an operation that the contract does not have")
		default:
			err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
				RequestValidationInput: input, Status: status, Header: header,
				Body: io.NopCloser(bytes.NewReader(body)), Options: options(),
			})
		}
		if err != nil {
			c.t.Errorf("%s: the response %d breaks the contract: %v", name, status, err)
		}
	}
}

// checkError is stricter than the schema, which cannot say that the object repeats the status line. It serves paths
// that the contract does not have, too: every failed request has the same object (charge-api.md, Errors).
func (c *checker) checkError(status int, header http.Header, body []byte) error {
	if media := header.Get("Content-Type"); media != "application/json" {
		return fmt.Errorf("an error of type %q is not application/json", media)
	}
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		return fmt.Errorf("the error is not a JSON object: %w", err)
	}
	if object["status"] != float64(status) {
		return fmt.Errorf("the error says status %v", object["status"])
	}
	return c.schemas["Error"].Value.VisitJSON(object)
}
