package output

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// Document writes v as the result's one JSON document (indented, one line with --jsonl, or through jq); as
// text it writes nothing, because the command has given a TextOnly Sheet for that. v may be a json.RawMessage, which
// keeps its members and number text. Errors are KindOutput, or KindUsage when an expression does not fit the data.
func (o *Output) Document(v any) error {
	if !o.Structured() {
		return nil
	}
	text, err := encode(v)
	if err != nil {
		return err
	}
	if o.options.JSONL {
		return o.jsonLine(text)
	}
	return o.document(text)
}

// Either prints a result that has no rows: the text, or v as Document does where JSON was asked for.
func (o *Output) Either(text string, v any) error {
	if o.Structured() {
		return o.Document(v)
	}
	return o.Text(text)
}

// document writes one JSON text in the format that was asked for.
func (o *Output) document(text json.RawMessage) error {
	if o.jq != nil {
		return o.runJQ(text)
	}
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return notJSON(err)
	}
	return o.write(o.safeJSON(append(b.Bytes(), '\n')))
}

func (o *Output) jsonLine(text json.RawMessage) error {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return notJSON(err)
	}
	return o.writeRow(o.safeJSON(append(b.Bytes(), '\n')))
}

// safeJSON leaves a pipe every byte and a terminal none that it would act on.
func (o *Output) safeJSON(text []byte) []byte {
	if !o.screen.OutTTY {
		return text
	}
	return term.EscapeJSON(text)
}

// array joins objects without touching them.
func array(rows []Row) json.RawMessage {
	objects := make([][]byte, 0, len(rows))
	for _, r := range rows {
		objects = append(objects, r.Object)
	}
	return slices.Concat([]byte("["), bytes.Join(objects, []byte(",")), []byte("]"))
}

// encode is json.Marshal without its HTML escapes: <, > and & stay readable.
func encode(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, notJSON(err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// decode keeps numbers as they were written, so that large integers survive jq.
func decode(text json.RawMessage) (any, error) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, notJSON(err)
	}
	return v, nil
}

func notJSON(err error) error {
	return charge.Errorf(charge.KindInternal, "the result is not JSON: %w", err)
}
