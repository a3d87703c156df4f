package cli

import "github.com/spf13/pflag"

// optional is a flag's text that knows whether it was given: --fleet "" is not the same as no --fleet.
type optional struct {
	text  string
	given bool
}

var _ pflag.Value = (*optional)(nil)

func (o *optional) String() string { return o.text }

func (o *optional) Set(text string) error {
	o.text, o.given = text, true
	return nil
}

func (o *optional) Type() string { return "string" }

func (o *optional) pointer() *string {
	if !o.given {
		return nil
	}
	return &o.text
}

// or is the flag's text where it was given, else the other.
func (o *optional) or(other string) string {
	if o.given {
		return o.text
	}
	return other
}
