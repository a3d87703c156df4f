//go:build !unix

package disk

// access does not tell where a folder's mode does not: it is found out by writing.
func access(string) error { return nil }
