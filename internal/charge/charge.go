// Package charge is the vocabulary of chargectl: reports, fleets, requests and errors with a kind.
//
// It is pure: standard library only, no I/O, no clock of its own, no wire format beyond the canonical body that
// idempotency keys are derived from. It is not for talking to the API (api), nor for periods (period).
package charge
