package config

import (
	"bytes"
	"cmp"
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
	"github.com/chargectl/chargectl/internal/pattern"
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

// file is a configuration file, parsed once: its nodes for lines and edits, and what each profile sets.
type file struct {
	path     string
	data     []byte
	doc      *yaml.Node // nil for a file without any value
	root     *yaml.Node // the top mapping, nil for a file without one
	profiles []*profile // in the order of the file
}

// profile is one entry under profiles.
type profile struct {
	file   *file
	name   string // as written
	line   int
	node   *yaml.Node
	values map[string]*yaml.Node // by setting, in lower case; merge keys are resolved
}

// purpose is what the file is read for.
type purpose int

const (
	toUse    purpose = iota // what is named must exist
	toCreate                // what is named may be missing
	toChange                // what is named may be missing; what only fails now would be lost
)

// read reads the file. A default file that is not there, or that this user may not even search for, is an empty one. The
// notices are about its modes and about names that mean nothing here.
func (c *Config) read(why purpose) error {
	c.file = &file{path: c.Path}
	if c.Path == "" {
		return nil
	}
	named := c.Chosen(settingConfig)
	opened, err := c.env.open(c.Path)
	switch {
	case err == nil:
	case errors.Is(err, fs.ErrNotExist) && (!named || why != toUse):
		return nil
	case why == toChange:
		return charge.Errorf(charge.KindOutput, "the configuration file cannot be read, so it is not changed: %w", err)
	case !named && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)):
		c.note("profiles are off: %s", err)
		return nil
	default:
		return charge.Usagef("%s: the configuration file cannot be read: %w", cmp.Or(c.sources[settingConfig], sourceDefault), err)
	}
	defer func() { _ = opened.Close() }()
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	info, statErr := opened.Stat()
	if err := cmp.Or(err, statErr); err != nil {
		return charge.Usagef("the configuration file cannot be read: %w", err)
	}
	if len(data) > maxFile {
		return charge.Usagef("%s is larger than %d bytes: it is no configuration file", c.Path, maxFile)
	}
	if c.file, err = parse(c.Path, data); err != nil {
		return err
	}
	if !c.env.windows() && info.Mode().IsRegular() { // Windows keeps elsewhere than in the mode who may read
		err = c.guard(opened, info.Mode().Perm())
	}
	c.Notices = append(c.Notices, c.file.unknown()...)
	return err
}

// guard checks who else may read or write the file.
func (c *Config) guard(opened *os.File, mode fs.FileMode) error {
	if mode&writableByOthers != 0 && c.file.anySets(settingAPIKeyCommand) {
		return charge.Usagef("%s holds %s and others may write to it (mode %04o): run `chmod go-w %s`",
			c.Path, settingAPIKeyCommand, mode, c.Path)
	}
	const tightened = "the mode of %s was %04o; it is %04o again"
	ours := bytes.HasPrefix(c.file.data, []byte(marker))
	if folder := filepath.Dir(c.Path); ours && !c.Chosen(settingConfig) {
		// The folder was made for our file. One that is linked from elsewhere is somebody's own.
		info, err := os.Lstat(folder)
		if err == nil && info.IsDir() && info.Mode()&openToOthers != 0 && os.Chmod(folder, privateFolder) == nil {
			c.note(tightened, folder, info.Mode().Perm(), privateFolder)
		}
	}
	switch {
	case mode&openToOthers == 0:
	case ours && opened.Chmod(private) == nil:
		c.note(tightened, c.Path, mode, private)
	case c.file.anySets(settingAPIKey):
		c.note("%s holds a key and others may read it (mode %04o): run `chmod 600 %s`", c.Path, mode, c.Path)
	}
	return nil
}

// parse reads the bytes of a configuration file: one YAML document whose root is a mapping or null, or nothing. Errors
// are of KindUsage and name file, line and reason.
func parse(path string, data []byte) (*file, error) {
	f := &file{path: path, data: data}
	var doc, second yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return f, nil
	} else if err != nil {
		return nil, f.located(err)
	}
	if err := dec.Decode(&second); err == nil {
		return nil, f.wrong(second.Line, "a second document (after ---) is not read: keep one")
	} else if !errors.Is(err, io.EOF) {
		return nil, f.located(err)
	}
	f.doc = &doc
	top := doc.Content[0]
	if err := f.mapping(top, top.Line, "the file must hold settings, each as `name: value`"); err != nil {
		return nil, err
	}
	if !isNull(top) {
		f.root = top
	}
	if list := find(f.root, profilesName); list != nil {
		if err := f.mapping(list, list.Line, "profiles: must hold profiles by name"); err != nil {
			return nil, err
		}
		for key, value := range pairs(list) {
			p := &profile{file: f, name: key.Value, line: key.Line, node: target(value), values: map[string]*yaml.Node{}}
			if err := p.read(); err != nil {
				return nil, err
			}
			f.profiles = append(f.profiles, p)
		}
	}
	// Such as an alias inside of its own anchor, which cannot be written again.
	if err := doc.Decode(new(any)); err != nil {
		return nil, f.located(err)
	}
	return f, nil
}

// mapping refuses what could be read in two ways: anything but a mapping, and a name twice in different case.
func (f *file) mapping(n *yaml.Node, line int, otherwise string) error {
	if !isNull(n) && target(n).Kind != yaml.MappingNode {
		return f.wrong(line, otherwise)
	}
	seen := map[string]string{}
	for key := range pairs(n) {
		if key.Kind != yaml.ScalarNode {
			return f.wrong(key.Line, "a name must be text")
		}
		if first, ok := seen[fold(key.Value)]; ok {
			return f.wrong(key.Line, fmt.Sprintf("%s is there already, as %s; case does not count", shown(key.Value), shown(first)))
		}
		seen[fold(key.Value)] = key.Value
	}
	return nil
}

// read finds the values of the settings. Nodes know them as they were written: 2026-03-01 is no time.
func (p *profile) read() error {
	if err := profileName(p.name); err != nil {
		return p.file.wrong(p.line, err.Error())
	}
	otherwise := fmt.Sprintf("profile %s must hold settings, each as `name: value`", shown(p.name))
	if err := p.file.mapping(p.node, p.line, otherwise); err != nil {
		return err
	}
	values := map[string]yaml.Node{}
	if err := p.node.Decode(&values); err != nil {
		return p.file.located(err)
	}
	for name, value := range values {
		p.values[fold(name)] = target(&value)
	}
	for name, value := range pairs(p.node) { // goes before what a merge key brought in another case
		p.values[fold(name.Value)] = target(value)
	}
	return nil
}

// settings are what the profile sets, each checked, so that one that is wrong is named before anything depends on it.
func (p *profile) settings(env Env) (map[string]any, error) {
	out := map[string]any{}
	for _, s := range Settings() {
		n := p.values[s.Name]
		if s.place != inProfile || isNull(n) || n.Kind == yaml.ScalarNode && n.Value == "" {
			continue
		}
		value, err := s.value(env, n, filepath.Dir(p.file.path))
		if err != nil {
			return nil, p.wrong(s.Name, err)
		}
		out[s.Name] = value
	}
	return out, nil
}

// value checks the value of a setting: text, and for a list text or a list of texts. Relative paths of a key or CA file
// start at the folder: cron starts anywhere.
func (s Setting) value(env Env, n *yaml.Node, folder string) (any, error) {
	var words []string
	var err error
	switch {
	case s.list && n.Kind == yaml.SequenceNode:
		if n.Decode(&words) != nil || len(words) < len(n.Content) || len(words) == 0 || words[0] == "" {
			err = errors.New("the command must be text or a list of texts, the program first")
		}
	case n.Kind != yaml.ScalarNode || n.ShortTag() == "!!binary":
		err = errors.New("it must be text in one line")
	case s.list:
		words, err = splitCommand(n.Value)
	default:
		err = s.check(n.Value)
	}
	switch {
	case err != nil:
		return nil, err
	case s.list:
		words[0], err = env.expand(words[0], "")
		return words, err
	case s.besideFile:
		return env.expand(n.Value, folder)
	case s.path:
		return env.expand(n.Value, "")
	}
	return n.Value, nil
}

// wrong names the file and the line of a setting, the profile's own line when a merge key brought it.
func (p *profile) wrong(name string, err error) error {
	line := p.line
	if value := find(p.node, name); value != nil {
		line = value.Line
	}
	return p.file.wrong(line, fmt.Sprintf("%s: %s", name, err))
}

// wrong names the file and the line of what is wrong in it; a line of 0 is not known.
func (f *file) wrong(line int, reason string) error {
	at := f.path
	if line > 0 {
		at = fmt.Sprintf("%s:%d", f.path, line)
	}
	return charge.Usagef("%s: %s", at, charge.HideKeys(reason))
}

var yamlLine = pattern.New(`(?s)^(?:yaml: )?(?:unmarshal errors:\s+)?(?:line (\d+): )?(.*)$`)

// located gives an error of the YAML library its file and line, in words of those who write a settings file.
func (f *file) located(err error) error {
	m := yamlLine.Get().FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	reason := strings.Join(strings.Fields(m[2]), " ")
	for i, text := range strings.Split(string(f.data), "\n") {
		tab := strings.HasPrefix(strings.TrimLeft(text, " "), "\t") && strings.TrimSpace(text) != ""
		if tab && regexp.MustCompile(`start any token|tab character`).MatchString(reason) {
			return f.wrong(i+1, fmt.Sprintf("line %d holds a tab: indent it with spaces", i+1))
		}
	}
	for _, plain := range [][2]string{
		{"mapping values are not allowed", "there is a colon too many: put the value in quotes, or check how far the line is indented"},
		{"could not find expected ':'", "there is a name without a colon: write each setting as `name: value`"},
		{"did not find expected ',' or ']'", "a [ is not closed"},
		{"did not find expected ',' or '}'", "a { is not closed"},
		{"did not find expected", "this line, or the one before it, is not indented like its neighbours"},
		{"unexpected end of stream", "a quote is not closed"},
		{"cannot start any token", "a value begins with a character that needs quotes around it"},
	} {
		if strings.Contains(reason, plain[0]) {
			reason = plain[1]
			break
		}
	}
	return f.wrong(line, reason)
}

// profile returns a profile by its name in any case, nil when there is none.
func (f *file) profile(name string) *profile {
	for _, p := range f.profiles {
		if fold(p.name) == fold(name) {
			return p
		}
	}
	return nil
}

// anySets reports whether some profile sets it, whatever its value.
func (f *file) anySets(name string) bool {
	return slices.ContainsFunc(f.profiles, func(p *profile) bool { return !isNull(p.values[name]) })
}

// noProfile names the profiles there are.
func (f *file) noProfile(source, name string) error {
	known := make([]string, len(f.profiles))
	for i, p := range f.profiles {
		known[i] = p.name
	}
	slices.Sort(known)
	why := fmt.Sprintf(" in %s%s; there are %s", f.path, didYouMean(name, known), charge.Clip(strings.Join(known, ", "), maxList))
	if len(known) == 0 { // perhaps because of a name that is not known, such as "profile" for "profiles"
		why = ": " + strings.Join(append([]string{f.path + " has none"}, f.unknown()...), "; ")
	}
	return charge.Usagef("%s: there is no profile %s%s", source, shown(name), why)
}

// unknown names what means nothing to this version. It is no error: a newer version may have written it.
func (f *file) unknown() (notices []string) {
	inside, top := names(inProfile), append(names(atTop), profilesName)
	note := func(key *yaml.Node, what string) {
		notices = append(notices, fmt.Sprintf("%s:%d: %s is %s", f.path, key.Line, shown(key.Value), what))
	}
	for key := range pairs(f.root) {
		switch name := fold(key.Value); {
		case slices.Contains(inside, name):
			note(key, "a setting of a profile: it belongs under profiles: "+defaultProfile+":")
		case !slices.Contains(top, name):
			note(key, "not a setting"+didYouMean(key.Value, top))
		}
	}
	for _, p := range f.profiles {
		for key := range pairs(p.node) {
			if !slices.Contains(inside, fold(key.Value)) {
				note(key, "not a setting of a profile"+didYouMean(key.Value, inside))
			}
		}
	}
	return notices
}

// pairs yields the names and values of a mapping as written; without merge keys (<<).
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
