package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
)

// document is a configuration file that was parsed: Viper for the values, the tree for lines and names.
type document struct {
	path     string
	data     []byte
	tree     tree
	viper    *viper.Viper
	profiles []*profile // in the order of the file
}

// parse reads the bytes of a configuration file; no bytes are a file without settings. Errors are of KindUsage and
// name file, line and reason.
func parse(path string, data []byte) (*document, error) {
	d := &document{path: path, data: data}
	var err error
	if d.tree, err = parseTree(data); err != nil {
		return nil, d.wrong(located(err))
	}
	if e := d.readProfiles(); e != nil {
		return nil, d.wrong(e)
	}
	d.viper = viper.NewWithOptions(viper.KeyDelimiter(delimiter), viper.WithDecoderRegistry(decoder{}))
	d.viper.SetConfigType("yaml")
	if err := d.viper.ReadConfig(bytes.NewReader(data)); err != nil {
		return nil, d.wrong(located(err))
	}
	return d, nil
}

// wrong names the file and the line of what is wrong in it.
func (d *document) wrong(e *lineError) error {
	at := d.path
	if e.line > 0 {
		at = fmt.Sprintf("%s:%d", d.path, e.line)
	}
	return charge.Usagef("%s: %s", at, mask(e.reason))
}

func (d *document) folder() string { return filepath.Dir(d.path) }

// readProfiles checks the shape: mappings where mappings belong, and no name twice in different case, because Viper
// would take either.
func (d *document) readProfiles() *lineError {
	if e := unique(d.tree.root()); e != nil {
		return e
	}
	list := find(d.tree.root(), profilesKey)
	if isNull(list) {
		return nil
	}
	if target(list).Kind != yaml.MappingNode {
		return &lineError{list.Line, "profiles: must hold profiles by name"}
	}
	if e := unique(list); e != nil {
		return e
	}
	for key, value := range pairs(list) {
		p := &profile{doc: d, name: key.Value, id: fold(key.Value), line: key.Line, node: target(value)}
		if e := p.shape(); e != nil {
			return e
		}
		d.profiles = append(d.profiles, p)
	}
	return nil
}

func unique(mapping *yaml.Node) *lineError {
	seen := map[string]string{}
	for key := range pairs(mapping) {
		if key.Kind != yaml.ScalarNode {
			return &lineError{key.Line, "a name must be text"}
		}
		if first, ok := seen[fold(key.Value)]; ok {
			return &lineError{key.Line, fmt.Sprintf("%s is there already, as %s; case does not count", shown(key.Value), shown(first))}
		}
		seen[fold(key.Value)] = key.Value
	}
	return nil
}

// profile returns a profile by its name in any case, nil when there is none.
func (d *document) profile(name string) *profile {
	i := slices.IndexFunc(d.profiles, func(p *profile) bool { return p.id == fold(name) })
	if i < 0 {
		return nil
	}
	return d.profiles[i]
}

func (d *document) profileNames() []string {
	var out []string
	for _, p := range d.profiles {
		out = append(out, p.name)
	}
	return out
}

// defaultProfile is what the top of the file says, "default" otherwise.
func (d *document) defaultProfile() Value {
	if name := d.viper.GetString(settingDefaultProfile); name != "" {
		return Value{name, fmt.Sprintf("%s (%s)", settingDefaultProfile, d.path)}
	}
	return Value{defaultProfile, sourceDefault}
}

// unknown names the keys that mean nothing to this version. They are no error: a newer version may have written them.
func (d *document) unknown() []string {
	top := append(names(atTop), profilesKey)
	out := d.strangers(d.tree.root(), top, "")
	for _, p := range d.profiles {
		out = append(out, d.strangers(p.node, names(inProfile), " of a profile")...)
	}
	return out
}

func (d *document) strangers(mapping *yaml.Node, known []string, of string) []string {
	var out []string
	for key := range pairs(mapping) {
		if !slices.Contains(known, fold(key.Value)) {
			out = append(out, fmt.Sprintf("%s:%d: %s is not a setting%s%s",
				d.path, key.Line, shown(key.Value), of, didYouMean(key.Value, known)))
		}
	}
	return out
}
