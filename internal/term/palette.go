package output

import "github.com/chargectl/chargectl/internal/charge"

// palette colours text for one stream, or leaves it alone.
type palette bool

// sgr holds the colours in use (ECMA-48, select graphic rendition).
func sgr(name string) string {
	switch name {
	case "red":
		return "31"
	case "green":
		return "32"
	case "yellow":
		return "33"
	case "cyan":
		return "36"
	case "bold":
		return "1"
	case "dim":
		return "2"
	default:
		return ""
	}
}

// paint wraps text in a colour; the text is never replaced by it.
func (p palette) paint(name, text string) string {
	code := sgr(name)
	if !p || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// status colours text the way the status word asks; an unknown status stays plain.
func (p palette) status(word, text string) string {
	switch word {
	case string(charge.Succeeded), "ok", "active", "done":
		return p.paint("green", text)
	case string(charge.Failed), "fail", "error":
		return p.paint("red", text)
	case string(charge.Processing), "warn":
		return p.paint("yellow", text)
	case string(charge.Pending):
		return p.paint("cyan", text)
	default:
		return text
	}
}

// environment answers for Options.Env when there is none.
func (o Options) lookup(name string) string {
	if o.Env == nil {
		return ""
	}
	value, _ := o.Env(name)
	return value
}

// palette decides for one stream: the flag first, then NO_COLOR (no-color.org, not empty), CLICOLOR_FORCE
// (bixense.com/clicolors), TERM=dumb, and last whether it is a terminal.
func (o Options) palette(tty bool) (palette, error) {
	switch o.Color {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto", "":
		return o.automatic(tty), nil
	default:
		return false, charge.Usagef("--color %q is none of auto, always, never", charge.Clip(Clean(o.Color), 40))
	}
}

func (o Options) automatic(tty bool) palette {
	force := o.lookup("CLICOLOR_FORCE")
	switch {
	case o.lookup("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	default:
		return palette(tty && o.lookup("TERM") != "dumb")
	}
}
