// Package api speaks the Charge API over HTTP: key, version, retries, idempotency keys, errors, pages and the stream
// of a report's file (charge-api.md).
//
// One request is one promise: it is tried again under one policy (policy.go), with the same bytes and the same
// idempotency key, and ends with its object or with a *charge.Error. The key goes to the base URL's own origin and
// nowhere else. It is not for waiting for reports, for resuming files or for writing anything to disk (reports), nor
// for choosing exit codes (cli).
package api
