//go:build !windows

package download

// lockSuffix names what is locked while a part is written: the part itself.
const lockSuffix = partSuffix
