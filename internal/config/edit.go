package config

import (
	"bytes"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
)

// editor changes a file through its nodes, so that comments and order stay.
type editor struct {
	doc  *document
	path string
	bare bool // the file has no settings yet, at most comments
}

// edit opens the file for changing; one that does not exist is begun.
func edit(env Env, flags Flags) (*editor, error) {
	where, err := locate(env, flags)
	if err == nil && where.path == "" {
		err = charge.Usagef("%s", noPlace(env))
	}
	if err != nil {
		return nil, err
	}
	doc, _, err := read(env, where, true)
	if err != nil {
		return nil, err
	}
	return &editor{doc: doc, path: where.path, bare: doc.tree.doc == nil}, nil
}

// put sets the text at the end of a path of names, making the mappings on the way; an empty text removes it. Names
// match in any case.
func (e *editor) put(text string, path ...string) error {
	mapping := e.rootMapping()
	for _, name := range path[:len(path)-1] {
		child := find(mapping, name)
		switch {
		case isNull(child) && text == "":
			return nil
		case isNull(child):
			child = assign(mapping, name, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
		case child.Kind != yaml.MappingNode:
			return charge.Usagef("%s:%d: %s is a YAML alias: change it by hand", e.path, child.Line, shown(name))
		}
		mapping = child
	}
	name := path[len(path)-1]
	if text == "" {
		remove(mapping, name)
		return nil
	}
	assign(mapping, name, scalar(text))
	return nil
}

func (e *editor) rootMapping() *yaml.Node {
	if root := e.doc.tree.root(); root != nil {
		return root
	}
	root := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	e.doc.tree.doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{root}}
	return root
}

// scalar is text, tagged as such only where a plain word would mean something else: true and 2026-03-01 are written
// without quotes, as people write them.
func scalar(text string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.ScalarNode, Value: text}
	if tag := node.ShortTag(); tag == "!!null" || tag == "!!merge" {
		node.Tag = "!!str"
	}
	return node
}

// assign puts value under name and returns the node that is now in the tree.
func assign(mapping *yaml.Node, name string, value *yaml.Node) *yaml.Node {
	old := find(mapping, name)
	if old == nil {
		mapping.Content = append(mapping.Content, scalar(name), value)
		mapping.Style &^= yaml.FlowStyle
		return value
	}
	value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
	*old = *value
	return old
}

func remove(mapping *yaml.Node, name string) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if fold(mapping.Content[i].Value) == fold(name) {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			return
		}
	}
}

// save writes the file back once it is certain that it can be read again.
func (e *editor) save() error {
	data, err := e.encode()
	if err != nil {
		return charge.Errorf(charge.KindInternal, "%s: the configuration cannot be written as YAML: %w", e.path, err)
	}
	if _, err := parse(e.path, data); err != nil {
		return err
	}
	return writeFile(e.path, data)
}

func (e *editor) encode() ([]byte, error) {
	var out bytes.Buffer
	out.Write(e.preamble())
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(e.doc.tree.doc); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}

// preamble is the marker of a file that we begin, or the comments of one that had nothing else, which no node carries.
func (e *editor) preamble() []byte {
	text := strings.TrimSpace(string(e.doc.data))
	switch {
	case text == "":
		return []byte(marker + "\n")
	case e.bare:
		return []byte(text + "\n")
	default:
		return nil
	}
}
