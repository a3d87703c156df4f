// Package sandbox is a Charge API on this machine: the contract of docs/api as http.Handlers, in memory, with seeded
// faults. It is for trying chargectl without an account and for testing it against what networks and servers do.
//
// It is not a client and shares no type with one: its wire structs are its own reading of the contract, so that a
// mistake in the client's reading shows. It keeps nothing between runs and is no place for real keys or data.
package sandbox
