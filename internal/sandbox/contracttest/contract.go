// Package contracttest holds tests to the contract in docs/api/openapi.yaml: it stands in front of a handler or round
// tripper and reports each request and each response that the contract does not allow. In front of the handler of an
// endpoint it reports each event that is none.
//
// It is support for tests, as net/http/httptest is, and not for programs. Of an API it checks only what is under /v1,
// on whatever host: the file host has no contract.
package contracttest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Option changes what is reported.
type Option func(*checker)

// AllowBadRequests is for tests that send what the contract forbids; the answers are still held to it.
func AllowBadRequests() Option { return func(c *checker) { c.badRequests = true } }

// AllowBadResponses is for tests whose server is faulty on purpose; the requests are still held to the contract.
func AllowBadResponses() Option { return func(c *checker) { c.badResponses = true } }

// checker holds exchanges to the contract. It is safe for concurrent use.
type checker struct {
	t            testing.TB
	router       routers.Router
	schemas      openapi3.Schemas
	version      string
	badRequests  bool
	badResponses bool
}

func newChecker(t testing.TB, opts []Option) *checker {
	t.Helper()
	c, err := load()
	if err != nil {
		t.Fatalf("the contract cannot be used: %v", err)
	}
	c.t = t
	for _, opt := range opts {
		opt(&c)
	}
	return &c
}

// load parses the contract once: a test binary may stand a checker in front of hundreds of servers.
var load = sync.OnceValues(func() (checker, error) {
	file := filepath.Join("docs", "api", "openapi.yaml")
	for range 10 { // from the working directory, which a test has in its package's folder, up to the module's root
		if _, err := os.Stat(file); err == nil {
			break
		}
		file = filepath.Join("..", file)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		return checker{}, err
	}
	router, err := legacy.NewRouter(doc)
	return checker{router: router, schemas: doc.Components.Schemas, version: doc.Info.Version}, err
})

// options let the validator read without writing into the request.
func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc: func(_ context.Context, in *openapi3filter.AuthenticationInput) error {
			if !strings.HasPrefix(in.RequestValidationInput.Request.Header.Get("Authorization"), "Bearer ch_") {
				return errors.New("no Authorization: Bearer with a secret key")
			}
			return nil
		},
		IncludeResponseStatus:             true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
		MultiError:                        true,
	}
}
