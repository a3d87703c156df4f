// Package contracttest holds tests to the contract in docs/api/openapi.yaml: it stands in front of a handler or round
// tripper and reports each request and each response that the contract does not allow. In front of the handler of an
// endpoint it reports each event that is none.
//
// It is support for tests, as net/http/httptest is, and not for programs. Of an API it looks only at what is under /v1,
// on whatever host: the file host has no contract.
package contracttest
