package term

import (
	"os"

	"golang.org/x/sys/windows"
)

const terminalDevice = "CONOUT$"

// understandsEscapes turns escape sequences on; a console that refuses is treated as no terminal at all.
func understandsEscapes(f *os.File) bool {
	_, err := change(f, func(mode uint32) uint32 { return mode | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING })
	return err == nil
}

// silence has a console show nothing of what is typed, until restore. It still gives whole lines.
func silence(f *os.File) (restore func(), err error) {
	return change(f, func(mode uint32) uint32 {
		return mode&^windows.ENABLE_ECHO_INPUT | windows.ENABLE_PROCESSED_INPUT | windows.ENABLE_LINE_INPUT
	})
}

func change(f *os.File, mode func(before uint32) uint32) (restore func(), err error) {
	console := windows.Handle(f.Fd())
	var before uint32
	if err := windows.GetConsoleMode(console, &before); err != nil {
		return nil, err
	}
	return func() { _ = windows.SetConsoleMode(console, before) }, windows.SetConsoleMode(console, mode(before))
}
