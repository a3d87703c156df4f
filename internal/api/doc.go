// Package api speaks the Charge API over HTTP: key, version, retries, idempotency keys, errors, pages and the stream
// of a report's file (charge-api.md).
//
// A request to the API (exchange.go) is sent until its object comes. Every try carries the same bytes and, for a
// create, the same idempotency key; policy.go says whether there is another try and when. Each answer is read whole,
// within bounds, and decoded once (answer.go). Names of members match by exact case, and unknown ones
// are ignored but kept in Raw (json.go, wire.go). A request ends with its object or with a *charge.Error.
//
// MayExist of a create's error is whether the report may exist all the same. It may, once a try ended without the
// API's word on it: a broken connection, a timeout, a 5xx without the API's error object, a 2xx without a report.
// It may not where nothing was sent, or where a 4xx was the answer to the only try. A 409 after such a lost try may
// mean that the API still works on it, so it is tried again for 10 s.
//
// A file is opened with one try (file.go), through the redirects of the file host (hops.go), without any credential.
//
// The key goes to the base URL's own origin and nowhere else, and it is taken out of everything that a server sends.
// Links to files are secrets too: errors and traces show no more than their origin.
//
// The package is not for waiting for reports (poll), for resuming files or writing them to disk (download), for
// pacing one request after another (reports), nor for choosing exit codes (cli/exit).
package api
