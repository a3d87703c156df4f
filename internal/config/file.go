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

// file is a configuration file, parsed once: its nodes for lines and edits, and what each profile sets.
type file struct {
	path     string
	data     []byte
	doc      *yaml.Node // nil for a file without any value
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

// readFile reads the file for a run that changes nothing in it. A default file that is not there, or that this user may
// not even search for, is an empty one; a file named explicitly must exist unless absent says it may be made.
func (r *resolver) readFile(absent missing) (*file, []string, error) {
	if r.path == "" {
		return &file{}, nil, nil
	}
	opened, err := r.env.open(r.path)
	switch {
	case err == nil:
		return r.readOpened(opened)
	case errors.Is(err, fs.ErrNotExist) && (!r.explicit || absent == mayBeMade):
		return &file{path: r.path}, nil, nil
	case !r.explicit && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOTDIR)):
		return &file{path: r.path}, []string{fmt.Sprintf("profiles are off: %s", err)}, nil
	}
	return nil, nil, charge.Usagef("%s: the configuration file cannot be read: %w", r.setting(settingConfig).source, err)
}

// readOpened parses the file and closes it. The notices are about its modes and about names that mean nothing here.
func (r *resolver) readOpened(opened *os.File) (*file, []string, error) {
	defer func() { _ = opened.Close() }()
	data, err := io.ReadAll(io.LimitReader(opened, maxFile+1))
	if err != nil {
		return nil, nil, charge.Usagef("the configuration file cannot be read: %w", err)
	}
	if len(data) > maxFile {
		return nil, nil, charge.Usagef("%s is larger than %d bytes: it is no configuration file", r.path, maxFile)
	}
	f, err := parse(r.path, data)
	if err != nil {
		return nil, nil, err
	}
	notices, err := r.guard(f, opened)
	return f, append(notices, f.unknown()...), err
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
	if top := doc.Content[0]; f.root() == nil && !isNull(top) {
		return nil, f.wrong(top.Line, "the file must hold settings, each as `name: value`")
	}
	if err := f.findProfiles(); err != nil {
		return nil, err
	}
	// Such as an alias inside of its own anchor, which must not be walked.
	if err := doc.Decode(new(any)); err != nil {
		return nil, f.located(err)
	}
	for _, p := range f.profiles {
		if err := p.read(); err != nil {
			return nil, f.located(err)
		}
	}
	return f, nil
}

// root is the top mapping, nil for a file without one.
func (f *file) root() *yaml.Node {
	if f.doc == nil || f.doc.Content[0].Kind != yaml.MappingNode {
		return nil
	}
	return f.doc.Content[0]
}

// findProfiles refuses what could be read in two ways: anything but a mapping where settings belong, and a name twice in
// different case.
func (f *file) findProfiles() error {
	if err := f.unique(f.root()); err != nil {
		return err
	}
	list := find(f.root(), profilesName)
	if isNull(list) {
		return nil
	}
	if target(list).Kind != yaml.MappingNode {
		return f.wrong(list.Line, "profiles: must hold profiles by name")
	}
	if err := f.unique(list); err != nil {
		return err
	}
	for key, value := range pairs(list) {
		p := &profile{file: f, name: key.Value, line: key.Line, node: target(value)}
		if err := profileName(p.name); err != nil {
			return f.wrong(p.line, err.Error())
		}
		if !isNull(p.node) && p.node.Kind != yaml.MappingNode {
			return f.wrong(p.line, fmt.Sprintf("profile %s must hold settings, each as `name: value`", shown(p.name)))
		}
		if err := f.unique(p.node); err != nil {
			return err
		}
		f.profiles = append(f.profiles, p)
	}
	return nil
}

func (f *file) unique(mapping *yaml.Node) error {
	seen := map[string]string{}
	for key := range pairs(mapping) {
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
	values := map[string]yaml.Node{}
	if err := p.node.Decode(&values); err != nil {
		return err
	}
	p.values = map[string]*yaml.Node{}
	for name, value := range values {
		p.values[fold(name)] = target(&value)
	}
	for name, value := range pairs(p.node) { // goes before what a merge key brought in another case
		p.values[fold(name.Value)] = target(value)
	}
	return nil
}

// wrong names the file and the line of what is wrong in it; a line of 0 is not known.
func (f *file) wrong(line int, reason string) error {
	at := f.path
	if line > 0 {
		at = fmt.Sprintf("%s:%d", f.path, line)
	}
	return charge.Usagef("%s: %s", at, charge.HideKeys(reason))
}

var yamlLine = regexp.MustCompile(`(?s)^(?:yaml: )?(?:unmarshal errors:\s+)?(?:line (\d+): )?(.*)$`)

// located gives an error of the YAML library its file and line, in one line.
func (f *file) located(err error) error {
	m := yamlLine.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	return f.wrong(line, strings.Join(strings.Fields(m[2]), " "))
}

// defaultProfile is the profile that the top of the file names, empty when it names none.
func (f *file) defaultProfile() string {
	if name := find(f.root(), settingDefaultProfile); !isNull(name) {
		return target(name).Value
	}
	return ""
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
	slices.Sort(known)
	why := fmt.Sprintf(" in %s%s; there are %s", f.path, didYouMean(chosen.text, known), charge.Clip(strings.Join(known, ", "), maxList))
	if len(known) == 0 { // perhaps because of a name that is not known, such as "profile" for "profiles"
		why = ": " + strings.Join(append([]string{f.path + " has none"}, f.unknown()...), "; ")
	}
	return charge.Usagef("%s: there is no profile %s%s", chosen.source, shown(chosen.text), why)
}

// unknown names what means nothing to this version. It is no error: a newer version may have written it.
func (f *file) unknown() (notices []string) {
	inside, top := names(inProfile), append(names(atTop), profilesName)
	note := func(key *yaml.Node, what string) {
		notices = append(notices, fmt.Sprintf("%s:%d: %s is %s", f.path, key.Line, shown(key.Value), what))
	}
	for key := range pairs(f.root()) {
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

// guard checks who else may read or write the file. Windows keeps that elsewhere than in the mode.
func (r *resolver) guard(f *file, opened *os.File) (notices []string, err error) {
	info, err := opened.Stat()
	switch {
	case err != nil:
		return nil, charge.Usagef("the configuration file cannot be read: %w", err)
	case r.env.windows() || !info.Mode().IsRegular():
		return nil, nil
	}
	mode := info.Mode().Perm()
	if mode&writableByOthers != 0 && f.anySets(settingAPIKeyCommand) {
		return nil, charge.Usagef("%s holds %s and others may write to it (mode %04o): run `chmod go-w %s`",
			f.path, settingAPIKeyCommand, mode, f.path)
	}
	const tightened = "the mode of %s was %04o; it is %04o again"
	ours := bytes.HasPrefix(f.data, []byte(marker))
	if ours && !r.explicit {
		// The folder was made for our file. One that is linked from elsewhere is somebody's own.
		folder := filepath.Dir(f.path)
		info, err := os.Lstat(folder)
		if err == nil && info.IsDir() && info.Mode()&openToOthers != 0 && os.Chmod(folder, privateFolder) == nil {
			notices = append(notices, fmt.Sprintf(tightened, folder, info.Mode().Perm(), privateFolder))
		}
	}
	switch {
	case mode&openToOthers == 0:
	case ours && opened.Chmod(private) == nil:
		notices = append(notices, fmt.Sprintf(tightened, f.path, mode, private))
	case f.anySets(settingAPIKey):
		notices = append(notices, fmt.Sprintf("%s holds a key and others may read it (mode %04o): run `chmod 600 %s`", f.path, mode, f.path))
	}
	return notices, nil
}

// anySets reports whether some profile sets it, whatever its value.
func (f *file) anySets(name string) bool {
	return slices.ContainsFunc(f.profiles, func(p *profile) bool { return !isNull(p.values[name]) })
}

func (p *profile) origin() string { return origin(p.name, p.file.path) }

// settings are what the profile sets, each checked, so that one that is wrong is named before anything depends on it.
func (p *profile) settings(env Env) (map[string]any, error) {
	out := map[string]any{}
	for _, s := range Settings() {
		n := p.values[s.Name]
		if s.place != inProfile || isNull(n) || n.Kind == yaml.ScalarNode && n.Value == "" {
			continue
		}
		v, err := s.read(env, n, filepath.Dir(p.file.path))
		if err != nil {
			return nil, p.wrong(s.Name, err)
		}
		out[s.Name] = v
	}
	return out, nil
}

// read checks what a profile sets: text, and for a list text or a list of texts. Relative paths of a key or CA file
// start at the configuration file's folder: cron starts anywhere.
func (s Setting) read(env Env, n *yaml.Node, folder string) (any, error) {
	var words []string
	switch {
	case s.list && n.Kind == yaml.SequenceNode:
		for _, item := range n.Content {
			if item = target(item); item.Kind == yaml.ScalarNode && !isNull(item) {
				words = append(words, item.Value)
			}
		}
		if len(words) < len(n.Content) || len(words) == 0 || words[0] == "" {
			return nil, errors.New("the command must be text or a list of texts, the program first")
		}
	case n.Kind != yaml.ScalarNode || n.ShortTag() == "!!binary":
		return nil, errors.New("it must be text in one line")
	default:
		if err := s.check(n.Value); err != nil {
			return nil, err
		}
	}
	switch {
	case s.list:
		if words == nil {
			words, _ = splitCommand(n.Value) // which the check has done
		}
		program, err := env.expand(words[0], "")
		return append([]string{program}, words[1:]...), err
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
