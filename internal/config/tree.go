package config

import (
	"errors"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"
)

// delimiter joins the keys of a path for Viper. No profile can hold it, so that one may be named a.b.
const delimiter = "\x1f"

// tree is a YAML document as nodes: it knows lines and comments, and gives Viper every scalar as it was written.
type tree struct{ doc *yaml.Node }

var (
	_ viper.DecoderRegistry = tree{}
	_ viper.Decoder         = tree{}
)

// Decoder serves every format: Viper is only ever given this document.
func (t tree) Decoder(string) (viper.Decoder, error) { return t, nil }

// Decode fills what Viper asked for from the nodes; the bytes were parsed before.
func (t tree) Decode(_ []byte, into map[string]any) error {
	if t.root() == nil {
		return nil
	}
	return t.doc.Decode(&into)
}

// parseTree reads one YAML document whose root is a mapping, or nothing. Plain scalars become text, so that
// 2026-03-01 stays what it is and is no time.
func parseTree(data []byte) (tree, error) {
	var t tree
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return t, err
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 {
		return t, nil
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode && root.ShortTag() != "!!null" {
		return t, &lineError{root.Line, "the file must hold settings, each as `name: value`"}
	}
	t.doc = &doc
	asText(&doc)
	return t, nil
}

// root is the top mapping, nil for a document without one.
func (t tree) root() *yaml.Node {
	if t.doc == nil || t.doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return t.doc.Content[0]
}

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
func pairs(n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
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
