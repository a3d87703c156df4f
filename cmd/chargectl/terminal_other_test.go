//go:build !unix

package main

// terminalCommands are none where there is no terminal to test with: scripts that need one skip themselves.
func terminalCommands() map[string]command { return nil }
