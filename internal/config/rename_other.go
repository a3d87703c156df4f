//go:build !windows

package config

import "os"

func rename(from, to string) error { return os.Rename(from, to) }
