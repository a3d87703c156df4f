package cli

import (
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

// globalOptions are the flags of every command.
type globalOptions struct {
	profile, config, baseURL optional
	quiet, debug             bool
	logFormat, color         string
}

func (o *globalOptions) addFlags(fs *pflag.FlagSet) {
	fs.Var(&o.profile, "profile", "profile of the configuration file")
	fs.Var(&o.config, "config", "configuration file")
	fs.Var(&o.baseURL, "base-url", "address of the API")
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "say nothing on stderr but errors")
	fs.BoolVar(&o.debug, "debug", false, "show each HTTP attempt on stderr, never the key")
	fs.StringVar(&o.logFormat, "log-format", "text", "stderr as text or json")
	fs.StringVar(&o.color, "color", "auto", "auto, always or never")
}

func (o *globalOptions) check() error {
	if o.logFormat != "text" && o.logFormat != "json" {
		return charge.Usagef("--log-format %q is neither text nor json", o.logFormat)
	}
	return nil
}

// formatOptions are the flags of commands that return objects.
type formatOptions struct {
	json, jsonl  bool
	jq, template string
}

func (o *formatOptions) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.json, "json", false, "the API's objects as JSON")
	fs.BoolVar(&o.jsonl, "jsonl", false, "one JSON object per line")
	fs.StringVar(&o.jq, "jq", "", "filter the JSON with a jq expression")
	fs.StringVar(&o.template, "template", "", "format the JSON with a Go template")
}

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
