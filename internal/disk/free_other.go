//go:build !linux && !darwin

package download

// freeBytes is not known here: the standard library does not tell.
func freeBytes(string) int64 { return -1 }
