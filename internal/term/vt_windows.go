package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// understandsEscapes turns escape sequences on; a console that refuses is treated as no terminal at all.
func understandsEscapes(f *os.File) bool {
	var mode uint32
	console := windows.Handle(f.Fd())
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
