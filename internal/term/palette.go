package term

import "github.com/chargectl/chargectl/internal/charge"

// Palette colours text for one stream, or leaves it alone.
type Palette bool

// A Color is a colour or a weight in use (ECMA-48, select graphic rendition).
type Color string

// The colours in use.
const (
	Bold    Color = "1"
	Dim     Color = "2"
	Red     Color = "31"
	Green   Color = "32"
	Magenta Color = "35" // not yellow, which nobody can read on white
	Cyan    Color = "36"
)

// Paint wraps text in a colour; the text is never replaced by it.
func (p Palette) Paint(c Color, text string) string {
	if !p || c == "" || text == "" {
		return text
	}
	return "\x1b[" + string(c) + "m" + text + "\x1b[0m"
}

// Status colours text the way the status word asks; an unknown status stays plain.
func (p Palette) Status(word, text string) string {
	switch word {
	case string(charge.Succeeded), "ok", "active", "done":
		return p.Paint(Green, text)
	case string(charge.Failed), "fail", "error", "changed", "wrong":
		return p.Paint(Red, text)
	case string(charge.Processing), "warn", "missing":
		return p.Paint(Magenta, text)
	case string(charge.Pending), "open":
		return p.Paint(Cyan, text)
	default:
		return text
	}
}

// NewPalette decides for one stream: the --color flag first (auto, always or never; empty is auto), then NO_COLOR
// (no-color.org, not empty), CLICOLOR_FORCE (bixense.com/clicolors), TERM=dumb, and last whether it is a terminal.
// lookup gives the value of a variable, "" for none. Errors are KindUsage.
func NewPalette(flag string, tty bool, lookup func(name string) string) (Palette, error) {
	force := lookup("CLICOLOR_FORCE")
	switch {
	case flag == "always" || flag == "never":
		return flag == "always", nil
	case flag != "auto" && flag != "":
		return false, charge.Usagef("--color %q is none of auto, always, never", charge.Clip(Clean(flag), 40))
	case lookup("NO_COLOR") != "":
		return false, nil
	case force != "" && force != "0":
		return true, nil
	}
	return Palette(tty && lookup("TERM") != "dumb"), nil
}
