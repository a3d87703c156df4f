package output

import (
	"bytes"
	"encoding/json"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// Document writes v as the result's one JSON document (indented, one line with --jsonl, or through jq); as text nothing.
// A json.RawMessage keeps its members and number text. Errors are KindOutput, or KindUsage when an expression does not fit.
func (o *Output) Document(v any) error {
	if !o.Structured() {
		return nil
	}
	text, err := charge.EncodeJSON(v)
	if err != nil {
		return notJSON(err)
	}
	if o.jq != nil {
		return o.runJQ(text)
	}
	if o.options.JSONL {
		return write(o.screen.Rows(), o.line(text))
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return notJSON(err)
	}
	return write(o.screen.Stdout(), o.line(b.Bytes()))
}

// Either prints a result that has no rows: the text, or v as Document does where JSON was asked for.
func (o *Output) Either(text string, v any) error {
	if o.Structured() {
		return o.Document(v)
	}
	return o.Text(text)
}

// line ends a JSON text, and leaves a pipe every byte and a terminal none that it would act on.
func (o *Output) line(text []byte) []byte { return append(o.escaped(text), '\n') }

// escaped is JSON as it may reach standard output.
func (o *Output) escaped(text []byte) []byte {
	if o.screen.OutTTY && o.Structured() {
		return term.EscapeJSON(text)
	}
	return text
}

func notJSON(err error) error {
	return charge.Errorf(charge.KindInternal, "the result is not JSON: %w", err)
}
