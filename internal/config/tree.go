package config

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// delimiter joins the keys of a path for Viper. No profile can hold it, so that one may be named a.b.
const delimiter = "\x1f"

// decoder gives Viper every scalar as it was written, so that 2026-03-01 stays what it is and is no time.
type decoder struct{}

var (
	_ viper.DecoderRegistry = decoder{}
	_ viper.Decoder         = decoder{}
)

// Decoder serves every format: Viper is only ever given YAML.
func (d decoder) Decoder(string) (viper.Decoder, error) { return d, nil }

// Decode fills what Viper asked for.
func (decoder) Decode(data []byte, into map[string]any) error {
	t, err := parseTree(data)
	if err != nil || t.root() == nil {
		return err
	}
	asText(t.doc)
	return t.doc.Decode(&into)
}

// tree is a YAML document as nodes: it knows lines and comments. doc is nil for a file without any value.
type tree struct{ doc *yaml.Node }

// parseTree reads the only YAML document of a file; its root is a mapping or null.
func parseTree(data []byte) (tree, error) {
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return tree{}, nil
	} else if err != nil {
		return tree{}, err
	}
	if err := dec.Decode(&second); err == nil {
		return tree{}, &lineError{second.Line, "a second document (after ---) is not read: keep one"}
	} else if !errors.Is(err, io.EOF) {
		return tree{}, err
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode && root.ShortTag() != "!!null" {
		return tree{}, &lineError{root.Line, "the file must hold settings, each as `name: value`"}
	}
	return tree{&doc}, nil
}

// root is the top mapping, nil for a document without one.
func (t tree) root() *yaml.Node {
	if t.doc == nil || t.doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return t.doc.Content[0]
}

// asText makes plain scalars text, those that name something included.
func asText(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		switch n.ShortTag() {
		case "!!int", "!!float", "!!timestamp", "!!bool":
			n.Tag = "!!str"
		}
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind == yaml.ScalarNode && child.ShortTag() == "!!null" {
			child.Tag = "!!str"
		}
		asText(child)
	}
}

// pairs yields the keys and values of a mapping as written; merge keys (<<) are left to the decoder.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		n = target(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].ShortTag() == "!!merge" {
				continue
			}
			if !yield(n.Content[i], n.Content[i+1]) {
				return
			}
		}
	}
}

func target(n *yaml.Node) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// find returns the value under a name in any case, nil when there is none.
func find(n *yaml.Node, name string) *yaml.Node {
	for key, value := range pairs(n) {
		if fold(key.Value) == fold(name) {
			return value
		}
	}
	return nil
}

// fold makes names comparable as Viper does.
func fold(name string) string { return strings.ToLower(name) }

func isNull(n *yaml.Node) bool {
	n = target(n)
	return n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// lineError is a reason with the line it is about, 0 when unknown.
type lineError struct {
	line   int
	reason string
}

func (e *lineError) Error() string { return e.reason }

var yamlLine = regexp.MustCompile(`(?s)^yaml: (?:unmarshal errors:\s+)?(?:line (\d+): )?(.*)$`)

// located turns an error of the YAML library into a line and a reason in one line.
func located(err error) *lineError {
	if e, ok := errors.AsType[*lineError](err); ok {
		return e
	}
	parse, ok := errors.AsType[viper.ConfigParseError](err)
	if ok {
		err = parse.Unwrap()
	}
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &lineError{0, err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	return &lineError{line, strings.Join(strings.Fields(m[2]), " ")}
}
