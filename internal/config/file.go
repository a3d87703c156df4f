package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxFile = 1 << 20
	maxList = 300 // bytes of a list of names in an error

	// marker is the first line of files that we made: only those are tightened when their mode was loosened.
	marker = "# written by chargectl; comments stay when it writes again"

	writableByOthers fs.FileMode = 0o022
	openToOthers     fs.FileMode = 0o077
	private          fs.FileMode = 0o600
	privateFolder    fs.FileMode = 0o700
)

// file is a configuration file that was parsed, once: its tree for lines and edits, its values as text.
type file struct {
	path     string
	data     []byte
	doc      *yaml.Node     // nil for a file without any value
	values   map[string]any // the whole file, every scalar as it was written
	profiles []*profile     // in the order of the file
}

// profile is one entry under profiles. A nil profile says nothing.
type profile struct {
	file   *file
	name   string // as written
	line   int
	node   *yaml.Node
	values map[string]any // by setting; merge keys are resolved
}

// readFile opens the file and parses it. A default file that is not there, or that this user may not even look for, is
// an empty one; a file named explicitly must exist unless absent says it may be made.
func readFile(env Env, where location, absent missing) (*file, []string, error) {
	if where.path == "" {
		f, err := parse("", nil)
		return f, nil, err
	}
	opened, err := env.files().open(where.path)
	none := errors.Is(err, fs.ErrNotExist)
	unreachable := errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)
	switch {
	case none && (!where.explicit || absent == mayBeMade):
		f, err := parse(where.path, nil)
		return f, nil, err
	case unreachable && !where.explicit:
		f, perr := parse(where.path, nil)
		return f, []string{fmt.Sprintf("profiles are off: %s", err)}, perr
	case err != nil:
		return nil, nil, charge.Usagef("%s: the configuration file cannot be read: %w", where.source, err)
	}
	defer func() { _ = opened.Close() }()
	f, err := parseOpened(opened, where.path)
	if err != nil {
		return nil, nil, err
	}
	notices, err := f.guard(env, opened, where)
	return f, append(notices, f.unknown()...), err
}

func parseOpened(opened *os.File, path string) (*file, error) {
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return nil, charge.Usagef("the configuration file cannot be read: %w", err)
	}
	if len(data) > maxFile {
		return nil, charge.Usagef("%s is larger than %d bytes: it is no configuration file", path, maxFile)
	}
	return parse(path, data)
}

// parse reads the bytes of a configuration file; no bytes are a file without settings. Errors are of KindUsage and
// name file, line and reason.
func parse(path string, data []byte) (*file, error) {
	f := &file{path: path, data: data}
	if err := f.read(); err != nil {
		return nil, f.wrong(located(err))
	}
	return f, nil
}

// read takes the only YAML document of the file; its root is a mapping or null.
func (f *file) read() error {
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(f.data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return err
	}
	if err := dec.Decode(&second); err == nil {
		return &lineError{second.Line, "a second document (after ---) is not read: keep one"}
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	f.doc = &doc
	if top := doc.Content[0]; f.root() == nil && top.ShortTag() != "!!null" {
		return &lineError{top.Line, "the file must hold settings, each as `name: value`"}
	}
	if err := f.shape(); err != nil {
		return err
	}
	defer asText(f.doc)()
	if err := f.doc.Decode(&f.values); err != nil {
		return err
	}
	byName, _ := folded(f.values, f.root())[profilesName].(map[string]any)
	for _, p := range f.profiles {
		written, _ := byName[p.name].(map[string]any)
		p.values = folded(written, p.node)
	}
	return nil
}

// root is the top mapping, nil for a file without one.
func (f *file) root() *yaml.Node {
	if f.doc == nil || f.doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return f.doc.Content[0]
}

// shape finds the profiles and refuses what could be read in two ways: anything but a mapping where settings belong,
// and a name twice in different case.
func (f *file) shape() error {
	if err := unique(f.root()); err != nil {
		return err
	}
	list := find(f.root(), profilesName)
	if isNull(list) {
		return nil
	}
	if target(list).Kind != yaml.MappingNode {
		return &lineError{list.Line, "profiles: must hold profiles by name"}
	}
	if err := unique(list); err != nil {
		return err
	}
	for key, value := range pairs(list) {
		p := &profile{file: f, name: key.Value, line: key.Line, node: target(value)}
		if err := profileName(p.name); err != nil {
			return &lineError{p.line, err.Error()}
		}
		if !isNull(p.node) && p.node.Kind != yaml.MappingNode {
			return &lineError{p.line, fmt.Sprintf("profile %s must hold settings, each as `name: value`", shown(p.name))}
		}
		if err := unique(p.node); err != nil {
			return err
		}
		f.profiles = append(f.profiles, p)
	}
	return nil
}

func unique(mapping *yaml.Node) error {
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

// asText tags plain scalars as text, names included, so that 2026-03-01 is decoded as it was written and is no time;
// undo gives them their own tags back, so that an edit writes the file as it was.
func asText(n *yaml.Node) (undo func()) {
	tags := map[*yaml.Node]string{}
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for i, child := range n.Content {
			plain := []string{"!!int", "!!float", "!!timestamp", "!!bool"}
			if n.Kind == yaml.MappingNode && i%2 == 0 {
				plain = append(plain, "!!null")
			}
			if child.Kind == yaml.ScalarNode && slices.Contains(plain, child.ShortTag()) {
				tags[child] = child.Tag
				child.Tag = "!!str"
			}
			walk(child)
		}
	}
	walk(n)
	return func() {
		for child, tag := range tags {
			child.Tag = tag
		}
	}
}

// folded has the names of a mapping in lower case. What the mapping itself says goes before what a merge key brought.
func folded(values map[string]any, mapping *yaml.Node) map[string]any {
	out := make(map[string]any, len(values))
	for name, value := range values {
		out[fold(name)] = value
	}
	for key := range pairs(mapping) {
		out[fold(key.Value)] = values[key.Value]
	}
	return out
}

// wrong names the file and the line of what is wrong in it.
func (f *file) wrong(e *lineError) error {
	at := f.path
	if e.line > 0 {
		at = fmt.Sprintf("%s:%d", f.path, e.line)
	}
	return charge.Usagef("%s: %s", at, mask(e.reason))
}

// defaultProfile is the profile that the top of the file names, empty when it names none.
func (f *file) defaultProfile() string {
	name, _ := folded(f.values, f.root())[settingDefaultProfile].(string)
	return name
}

// profile returns a profile by its name in any case, nil when there is none.
func (f *file) profile(name string) *profile {
	i := slices.IndexFunc(f.profiles, func(p *profile) bool { return fold(p.name) == fold(name) })
	if i < 0 {
		return nil
	}
	return f.profiles[i]
}

// noProfile names the profiles there are.
func (f *file) noProfile(chosen value) error {
	var known []string
	for _, p := range f.profiles {
		known = append(known, p.name)
	}
	if len(known) == 0 {
		// Such as "profile" for "profiles", which is why there are none.
		return charge.Usagef("%s: there is no profile %s: %s", chosen.source, shown(chosen.text),
			strings.Join(append([]string{f.path + " has none"}, f.unknown()...), "; "))
	}
	slices.Sort(known)
	return charge.Usagef("%s: there is no profile %s in %s%s; there are %s",
		chosen.source, shown(chosen.text), f.path, didYouMean(chosen.text, known), charge.Clip(strings.Join(known, ", "), maxList))
}

// unknown names what means nothing to this version. It is no error: a newer version may have written it.
func (f *file) unknown() (notices []string) {
	top := append(names(atTop), profilesName)
	for key := range pairs(f.root()) {
		if slices.Contains(names(inProfile), fold(key.Value)) {
			notices = append(notices, fmt.Sprintf("%s:%d: %s is a setting of a profile: it belongs under profiles: %s:",
				f.path, key.Line, shown(key.Value), defaultProfile))
		} else if !slices.Contains(top, fold(key.Value)) {
			notices = append(notices, fmt.Sprintf("%s:%d: %s is not a setting%s", f.path, key.Line, shown(key.Value), didYouMean(key.Value, top)))
		}
	}
	for _, p := range f.profiles {
		for key := range pairs(p.node) {
			if known := names(inProfile); !slices.Contains(known, fold(key.Value)) {
				notices = append(notices, fmt.Sprintf("%s:%d: %s is not a setting of a profile%s", f.path, key.Line, shown(key.Value), didYouMean(key.Value, known)))
			}
		}
	}
	return notices
}

// guard checks who else may read or write the file. Windows keeps that elsewhere than in the mode.
func (f *file) guard(env Env, opened *os.File, where location) ([]string, error) {
	info, err := opened.Stat()
	switch {
	case err != nil:
		return nil, charge.Usagef("the configuration file cannot be read: %w", err)
	case env.windows() || !info.Mode().IsRegular():
		return nil, nil
	}
	mode := info.Mode().Perm()
	if mode&writableByOthers != 0 && f.anySets(settingAPIKeyCommand) {
		return nil, charge.Usagef("%s holds %s and others may write to it (mode %04o): run `chmod go-w %s`",
			f.path, settingAPIKeyCommand, mode, f.path)
	}
	var notices []string
	ours := bytes.HasPrefix(f.data, []byte(marker))
	if ours && !where.explicit {
		notices = tightenFolder(filepath.Dir(f.path))
	}
	switch {
	case mode&openToOthers == 0:
	case ours && opened.Chmod(private) == nil:
		notices = append(notices, fmt.Sprintf("the mode of %s was %04o; it is %04o again", f.path, mode, private))
	case f.anySets(settingAPIKey):
		notices = append(notices, fmt.Sprintf("%s holds a key and others may read it (mode %04o): run `chmod 600 %s`", f.path, mode, f.path))
	}
	return notices, nil
}

// tightenFolder closes the folder that we made for our file, by its name in the place for such folders. One that is
// linked from elsewhere is somebody's own.
func tightenFolder(path string) []string {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() || info.Mode().Perm()&openToOthers == 0 || os.Chmod(path, privateFolder) != nil {
		return nil
	}
	return []string{fmt.Sprintf("the mode of %s was %04o; it is %04o again", path, info.Mode().Perm(), privateFolder)}
}

// anySets reports whether some profile names a setting, whatever its value.
func (f *file) anySets(name string) bool {
	return slices.ContainsFunc(f.profiles, func(p *profile) bool { return p.values[name] != nil })
}

func (p *profile) origin() string { return origin(p.name, p.file.path) }

// settings are what the profile sets, each checked, so that one that is wrong is named before anything depends on it.
// Relative paths of a key or CA file start at the configuration file's folder: cron starts anywhere.
func (p *profile) settings(env Env) (map[string]any, error) {
	out := map[string]any{}
	for _, s := range settings() {
		if s.place != inProfile || p.values[s.Name] == nil || p.values[s.Name] == "" {
			continue
		}
		v, err := s.read(env, p.values[s.Name], filepath.Dir(p.file.path))
		if err != nil {
			return nil, p.wrong(s.Name, err)
		}
		out[s.Name] = v
	}
	return out, nil
}

// read checks what a profile says of a setting: text, and for a list text or a list of texts.
func (s Setting) read(env Env, written any, folder string) (any, error) {
	if !s.besideFile {
		folder = ""
	}
	text, isText := written.(string)
	if isText {
		if err := s.check(text); err != nil {
			return nil, err
		}
	}
	switch items, isList := written.([]any); {
	case s.list && isText:
		words, err := splitCommand(text)
		return program(env, words), err
	case s.list && isList:
		words, err := texts(items)
		return program(env, words), err
	case !isText:
		return nil, errors.New("it must be text in one line")
	case s.path:
		return env.expand(text, folder)
	}
	return text, nil
}

func texts(items []any) (words []string, err error) {
	for _, item := range items {
		if word, ok := item.(string); ok {
			words = append(words, word)
		}
	}
	if len(words) < len(items) || len(words) == 0 || words[0] == "" {
		return nil, errors.New("the command must be text or a list of texts, the program first")
	}
	return words, nil
}

// program resolves ~/ in the name of a command's program, where there is a home.
func program(env Env, words []string) []string {
	if len(words) > 0 {
		if path, err := env.expand(words[0], ""); err == nil {
			words[0] = path
		}
	}
	return words
}

// wrong names the file and the line of a setting, the profile's own line when a merge key brought it.
func (p *profile) wrong(name string, err error) error {
	line := p.line
	if value := find(p.node, name); value != nil {
		line = value.Line
	}
	return p.file.wrong(&lineError{line, fmt.Sprintf("%s: %s", name, err)})
}

// pairs yields the names and values of a mapping as written; merge keys (<<) are left to the decoder.
func pairs(n *yaml.Node) iter.Seq2[*yaml.Node, *yaml.Node] {
	return func(yield func(key, value *yaml.Node) bool) {
		n = target(n)
		if n == nil || n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].ShortTag() != "!!merge" && !yield(n.Content[i], n.Content[i+1]) {
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

// fold makes names comparable: their case does not count.
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
	m := yamlLine.FindStringSubmatch(err.Error())
	if m == nil {
		return &lineError{0, err.Error()}
	}
	line, _ := strconv.Atoi(m[1])
	return &lineError{line, strings.Join(strings.Fields(m[2]), " ")}
}
