package output

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// compileJQ prepares an expression of the jq language, which sees no environment, no files and no modules. An error tells,
// where the parser knows, after which text the mistake is.
func compileJQ(expr string) (code *gojq.Code, err error) {
	query, err := gojq.Parse(expr)
	if err == nil {
		code, err = gojq.Compile(query)
	}
	if err == nil {
		return code, nil
	}
	shown, where := charge.Clip(expr, 200), ""
	if e, ok := errors.AsType[*gojq.ParseError](err); ok {
		at := min(max(0, e.Offset-len(e.Token)), len(expr))
		before := charge.HideKeys(expr[:at])
		where = fmt.Sprintf(" at position %d, after %q", at+1, strings.ToValidUTF8(before[max(0, len(before)-40):], ""))
	}
	return nil, charge.Usagef("--jq %q: %w%s", shown, err, where)
}

// runJQ prints every result on its own line: strings as they are, everything else as compact JSON.
func (o *Output) runJQ(text json.RawMessage) error {
	var input any
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber() // large integers stay as they were written
	if err := dec.Decode(&input); err != nil {
		return notJSON(err)
	}
	results := o.jq.RunWithContext(o.ctx, input)
	for {
		value, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := value.(error); failed {
			return o.jqEnd(err)
		}
		if err := o.jqResult(value); err != nil {
			return err
		}
	}
}

func (o *Output) jqResult(value any) error {
	if text, raw := value.(string); raw {
		if o.screen.OutTTY {
			text = term.CleanBlock(text)
		}
		return write(o.screen.Rows(), []byte(text+"\n"))
	}
	encoded, err := gojq.Marshal(value)
	if err != nil {
		return notJSON(err)
	}
	return write(o.screen.Rows(), o.line(encoded))
}

// jqEnd is nil for a plain halt, which jq counts as a good end.
func (o *Output) jqEnd(err error) error {
	if o.ctx.Err() != nil {
		return context.Cause(o.ctx) // the expression may be right
	}
	if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
		return nil
	}
	return charge.Usagef("--jq does not fit the result: %s", charge.Clip(term.Clean(err.Error()), 300))
}
