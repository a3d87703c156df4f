package output

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/itchyny/gojq"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// compileJQ prepares an expression of the jq language. It sees no environment, no files and no modules.
func compileJQ(expr string) (*gojq.Code, error) {
	if expr == "" {
		return nil, nil
	}
	query, err := gojq.Parse(expr)
	if err != nil {
		return nil, badJQ(expr, err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, badJQ(expr, err)
	}
	return code, nil
}

// badJQ tells what is wrong and, where the parser knows, after which text.
func badJQ(expr string, err error) error {
	e, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return charge.Usagef("--jq %q: %w", charge.Clip(expr, 200), err)
	}
	at := min(max(0, e.Offset-len(e.Token)), len(expr))
	return charge.Usagef("--jq %q: %w at position %d, after %q", charge.Clip(expr, 200), err, at+1, tail(charge.HideKeys(expr[:at]), 40))
}

// tail is the last n bytes of s at most, from a rune boundary on.
func tail(s string, n int) string {
	from := max(0, len(s)-n)
	for from < len(s) && s[from]&0xC0 == 0x80 {
		from++
	}
	return s[from:]
}

// runJQ prints every result on its own line: strings as they are, everything else as compact JSON.
func (o *Output) runJQ(text json.RawMessage) error {
	input, err := decode(text)
	if err != nil {
		return err
	}
	results := o.jq.RunWithContext(o.ctx, input)
	for {
		value, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := value.(error); failed {
			if o.ctx.Err() != nil {
				return context.Cause(o.ctx) // the run ended; the expression may be right
			}
			return jqFailure(err)
		}
		if err := o.jqResult(value); err != nil {
			return err
		}
	}
}

func (o *Output) jqResult(value any) error {
	text, raw := value.(string)
	if !raw {
		encoded, err := gojq.Marshal(value)
		if err != nil {
			return notJSON(err)
		}
		return o.writeRow(o.safeJSON(append(encoded, '\n')))
	}
	if o.screen.OutTTY {
		text = term.CleanBlock(text)
	}
	return o.writeRow([]byte(text + "\n"))
}

// jqFailure is nil for a plain halt, which jq counts as a good end.
func jqFailure(err error) error {
	if halt, ok := errors.AsType[*gojq.HaltError](err); ok && halt.Value() == nil {
		return nil
	}
	return charge.Usagef("--jq does not fit the result: %s", charge.Clip(term.Clean(err.Error()), 300))
}
