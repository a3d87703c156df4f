package cli

import (
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

// globalFlags are the flags of every command.
type globalFlags struct {
	set              *pflag.FlagSet // package config reads profile, config and base-url from it
	quiet, debug     bool
	logFormat, color word[string]
	noColor          bool
}

func (o *globalFlags) addFlags(fs *pflag.FlagSet) {
	o.set = fs
	fs.String("profile", "", "`PROFILE` profile of the configuration file")
	fs.String("config", "", "`FILE` configuration file")
	fs.String("base-url", "", "`URL` address of the API")
	fs.BoolVarP(&o.quiet, "quiet", "q", false, "print nothing on stderr but errors")
	fs.BoolVar(&o.debug, "debug", false, "show each HTTP attempt on stderr, never the key")
	addWord(fs, &o.logFormat, "log-format", "`FORM` form of stderr", "text", "text", "json")
	addWord(fs, &o.color, "color", "`WHEN` colour on stdout and stderr", "auto", "auto", "always", "never")
	fs.BoolVar(&o.noColor, "no-color", false, "the same as --color never")
}

// colors is when there is colour: auto, always or never.
func (o *globalFlags) colors() string {
	if o.noColor {
		return "never"
	}
	return o.color.value
}

// formatFlags are the flags of commands that return objects.
type formatFlags struct{ output.Format }

// structured reports whether JSON of some kind was asked for.
func (o *formatFlags) structured() bool { return o.JSON || o.JSONL || o.JQ != "" }

func (o *formatFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.JSON, "json", false, "print the result as JSON, objects of the API as it sent them")
	fs.BoolVar(&o.JSONL, "jsonl", false, "print JSON, an object per line")
	fs.StringVar(&o.JQ, "jq", "", "`EXPR` print what this jq expression makes of the JSON")
}

// guessed is what the words of a command line give a flag, without reading them as Cobra does.
func guessed(args []string, flag string) (value string, given bool) {
	for i, arg := range args {
		switch name, text, with := strings.Cut(arg, "="); {
		case arg == "--":
			return value, given
		case name != flag:
		case with:
			value, given = text, true
		default:
			given = true
			if i+1 < len(args) {
				value = args[i+1]
			}
		}
	}
	return value, given
}

// optional is a flag's text that knows whether it was given: --fleet "" is not the same as no --fleet.
type optional struct {
	text  string
	given bool
	once  string // why it may not be given twice; empty where the last one counts
}

func (o *optional) String() string { return o.text }

func (o *optional) Set(text string) error {
	if o.given && o.once != "" {
		return charge.Usagef("%q is a second one: %s", charge.Clip(text, 40), o.once)
	}
	o.text, o.given = text, true
	return nil
}

func (o *optional) Type() string { return "string" }

func (o *optional) or(other string) string {
	if o.given {
		return o.text
	}
	return other
}

// word is the value of a flag that takes one of a few words. Help, check and completion follow from them.
type word[T ~string] struct {
	value T
	given bool
	all   []T
}

// ofWords is such a value, whatever its words are for.
type ofWords interface{ words() []string }

// addWord adds such a flag with its usual value.
func addWord[T ~string](fs *pflag.FlagSet, w *word[T], name, usage string, usual T, all ...T) {
	*w = word[T]{value: usual, all: all}
	fs.Var(w, name, usage+": "+listed(w.words()))
}

func (w *word[T]) String() string { return string(w.value) }

// Set takes a word in any case.
func (w *word[T]) Set(text string) error {
	for _, known := range w.all {
		if strings.EqualFold(text, string(known)) {
			w.value, w.given = known, true
			return nil
		}
	}
	return charge.Usagef("%q is not %s", charge.Clip(text, 40), listed(w.words()))
}

func (w *word[T]) Type() string { return "string" }

func (w *word[T]) words() []string {
	words := make([]string, len(w.all))
	for i, known := range w.all {
		words[i] = string(known)
	}
	return words
}

// duration is the value of a flag that takes a duration: days too.
type duration time.Duration

func addDuration(fs *pflag.FlagSet, d *time.Duration, name string, usual time.Duration, usage string) {
	*d = usual
	fs.Var((*duration)(d), name, usage)
}

// String is 0 of no duration: for help that is no default.
func (d *duration) String() string {
	if *d == 0 {
		return "0"
	}
	return time.Duration(*d).String()
}

func (d *duration) Set(text string) error {
	value, err := charge.ParseDuration(text)
	*d = duration(value)
	return err
}

func (d *duration) Type() string { return "duration" }

// listed are words as a sentence lists them: a, b or c.
func listed(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
