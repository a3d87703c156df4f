// Package reports holds the use cases: create, wait, download and sync, with the waiting loop, the landing of files
// and the locks they share. It declares the small ports it needs, and the observer it tells what happens.
//
// It knows neither HTTP nor terminals nor flags: api satisfies its ports, output its observer, and cli wires them.
package reports
