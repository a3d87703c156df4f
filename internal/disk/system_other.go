//go:build !linux && !darwin

package disk

import "os"

// flockOwn is nil: locks are taken by name.
func flockOwn() func(*os.File) error { return nil }

// access does not tell where a folder's mode does not: it is found out by writing.
func access(string) error { return nil }

// freeBytes is not known: the standard library does not tell.
func freeBytes(string) int64 { return -1 }
