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
	"fmt"
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

const contractFile = "docs/api/openapi.yaml"

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
	known, err := contract()
	if err != nil {
		t.Fatalf("the contract cannot be used: %v", err)
	}
	c := &checker{t: t, router: known.router, schemas: known.schemas, version: known.version}
	for _, opt := range opts {
		opt(c)
	}
	return c
}

type parsed struct {
	router  routers.Router
	schemas openapi3.Schemas
	version string
}

// contract is parsed once: a test binary may stand a checker in front of hundreds of servers.
var contract = sync.OnceValues(func() (parsed, error) {
	root, err := moduleRoot()
	if err != nil {
		return parsed{}, err
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(root, filepath.FromSlash(contractFile)))
	if err != nil {
		return parsed{}, err
	}
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return parsed{}, err
	}
	return parsed{router, doc.Components.Schemas, doc.Info.Version}, nil
})

// moduleRoot walks up from the working directory, which a test has in its package's folder, to go.mod.
func moduleRoot() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod in %s or above", start)
		}
	}
}

// options let the validator read without writing into the request.
func options() *openapi3filter.Options {
	return &openapi3filter.Options{
		AuthenticationFunc:                authenticated,
		IncludeResponseStatus:             true,
		RejectWhenRequestBodyNotSpecified: true,
		SkipSettingDefaults:               true,
		MultiError:                        true,
	}
}

func authenticated(_ context.Context, in *openapi3filter.AuthenticationInput) error {
	key := in.RequestValidationInput.Request.Header.Get("Authorization")
	if !strings.HasPrefix(key, "Bearer ch_") {
		return errors.New("no Authorization: Bearer with a secret key")
	}
	return nil
}
