package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/getkin/kin-openapi/openapi3filter"
)

// exchange is one request and, later, its response.
type exchange struct {
	*checker

	name  string                                 // method and path, for messages
	input *openapi3filter.RequestValidationInput // nil when the contract has no such operation
}

// concerns tells whether a request is the contract's business.
func concerns(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }

// begin holds a request to the contract. body is a copy of the request's own.
func (c *checker) begin(r *http.Request, body []byte) *exchange {
	x := &exchange{checker: c, name: r.Method + " " + r.URL.Path}
	r = canonical(r, body)
	route, params, err := c.router.FindRoute(r)
	if err == nil {
		x.input = &openapi3filter.RequestValidationInput{
			Request: r, PathParams: params, Route: route, Options: options(),
		}
		err = openapi3filter.ValidateRequest(r.Context(), x.input)
	}
	if err != nil && !c.badRequests {
		c.t.Errorf("%s: the request breaks the contract: %v", x.name, err)
	}
	return x
}

// canonical is the request as it would go to the one server that the contract names.
func canonical(r *http.Request, body []byte) *http.Request {
	out := r.Clone(r.Context())
	out.URL = &url.URL{Scheme: "https", Host: "api.chargeapi.co", Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	out.Host = out.URL.Host
	out.Body = http.NoBody
	if len(body) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(body))
	}
	out.ContentLength = int64(len(body))
	return out
}

// end holds the response to the contract.
func (x *exchange) end(status int, header http.Header, body []byte) {
	if x.badResponses || fromProxy(status, header) {
		return
	}
	if err := x.check(status, header, body); err != nil {
		x.t.Errorf("%s: the response %d breaks the contract: %v", x.name, status, err)
	}
}

func (x *exchange) check(status int, header http.Header, body []byte) error {
	if x.input != nil && x.input.Request.Method == http.MethodHead {
		return nil
	}
	if status >= http.StatusBadRequest {
		return x.checkError(status, header, body)
	}
	if x.input == nil {
		return fmt.Errorf("success for an operation that the contract does not have")
	}
	return openapi3filter.ValidateResponse(x.input.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: x.input, Status: status, Header: header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: options(),
	})
}

// checkError is stricter than the schema, which cannot say that the object repeats the status line. It serves paths
// that the contract does not have, too: every failed request has the same object (charge-api.md, Errors).
func (x *exchange) checkError(status int, header http.Header, body []byte) error {
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
	return x.schemas["Error"].Value.VisitJSON(object)
}

// fromProxy tells the pages that anything between client and API may send instead of an answer (charge-api.md, Errors).
func fromProxy(status int, header http.Header) bool {
	return status >= http.StatusInternalServerError && !strings.HasPrefix(header.Get("Content-Type"), "application/json")
}
