package output

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// compileTemplate prepares a Go template (text/template). An unknown field prints as nothing is known of it, so that
// a template survives objects that lack a member.
func (o *Output) compileTemplate(text string) (*template.Template, error) {
	if text == "" {
		return nil, nil
	}
	t, err := template.New("--template").Funcs(o.helpers()).Parse(text)
	if err != nil {
		return nil, charge.Usagef("%s", templateReason(err))
	}
	return t, nil
}

// templateReason drops the package's own prefix: what is left is --template, line, and what is wrong there.
func templateReason(err error) string {
	return charge.Clip(Clean(strings.TrimPrefix(err.Error(), "template: ")), 400)
}

// Helpers lists the functions that a --template has beside those of text/template, each with an example of its use;
// they are only ever added.
func Helpers() []KeyInfo {
	return []KeyInfo{
		{"bytes", "{{bytes .size}} is 48.2 kB"},
		{"timeago", "{{timeago .created}} is 3 minutes ago"},
		{"timefmt", `{{timefmt "2006-01-02" .created}} is a date, in the layout of Go's time package`},
		{"truncate", "{{truncate 8 .id}} is at most 8 columns wide"},
		{"pluck", `{{pluck "id" .}} is the member id of each object in a list`},
		{"join", `{{join ", " (pluck "id" .)}} is a list as one text`},
		{"json", "{{json .parameters}} is a value as JSON"},
		{"color", `{{color "green" .status}} is coloured where colour is on: red, green, yellow, cyan, bold or dim`},
	}
}

// helpers are the functions that gh's templates have, as far as they make sense for reports; Helpers describes them.
func (o *Output) helpers() template.FuncMap {
	return template.FuncMap{
		"color":    func(name string, v any) string { return o.out.paint(name, fmt.Sprint(v)) },
		"join":     join,
		"json":     jsonText,
		"pluck":    pluck,
		"timeago":  func(v any) (string, error) { return o.timeago(v) },
		"timefmt":  timefmt,
		"truncate": func(n int, v any) string { return shorten(textOf(v), n) },
		"bytes":    bytesText,
	}
}

func textOf(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

func join(separator string, list []any) string {
	texts := make([]string, 0, len(list))
	for _, v := range list {
		texts = append(texts, textOf(v))
	}
	return strings.Join(texts, separator)
}

func pluck(name string, list []any) []any {
	values := make([]any, 0, len(list))
	for _, v := range list {
		if object, ok := v.(map[string]any); ok {
			values = append(values, object[name])
		}
	}
	return values
}

func jsonText(v any) (string, error) {
	encoded, err := encode(v)
	return string(encoded), err
}

func instant(v any) (time.Time, bool, error) {
	if v == nil {
		return time.Time{}, false, nil
	}
	t, err := time.Parse(time.RFC3339, textOf(v))
	return t, err == nil, err
}

func (o *Output) timeago(v any) (string, error) {
	t, ok, err := instant(v)
	if !ok {
		return "", err
	}
	return ago(o.options.Now(), t), nil
}

func timefmt(layout string, v any) (string, error) {
	t, ok, err := instant(v)
	if !ok {
		return "", err
	}
	return t.Format(layout), nil
}

func bytesText(v any) (string, error) {
	n, err := strconv.ParseInt(textOf(v), 10, 64)
	if err != nil {
		return "", fmt.Errorf("%q is not a count of bytes", textOf(v))
	}
	return size(n), nil
}

// runTemplate executes over the whole result. The text is written only when all of it worked.
func (o *Output) runTemplate(raw json.RawMessage) error {
	data, err := decode(raw)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := o.template.Execute(&b, o.presentable(data)); err != nil {
		return charge.Usagef("%s", templateReason(err))
	}
	return o.write([]byte(b.String()))
}

// presentable cleans strings for a terminal (the template's own text is the user's and stays) and turns the
// integers that fit into ones that a template can compare and printf.
func (o *Output) presentable(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, member := range v {
			out[o.presentableText(name)] = o.presentable(member)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, element := range v {
			out = append(out, o.presentable(element))
		}
		return out
	case string:
		return o.presentableText(v)
	case json.Number:
		return number(v)
	default:
		return v
	}
}

func (o *Output) presentableText(s string) string {
	if o.streams.OutTTY {
		return cleanBlock(s)
	}
	return s
}

// number is an int64 or a float64 where that prints exactly as it was written, else the text itself.
func number(n json.Number) any {
	if i, err := n.Int64(); err == nil && strconv.FormatInt(i, 10) == n.String() {
		return i
	}
	if f, err := n.Float64(); err == nil && fmt.Sprint(f) == n.String() {
		return f
	}
	return n
}
