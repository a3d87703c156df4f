package config

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/period"
)

// Set writes one setting to the configuration file and returns the file's path. The name is a setting of the profile
// in use, profiles.NAME.SETTING, or default_profile; an empty text removes it. The file is made when missing, and so
// is the profile. Comments and order stay. Errors are of KindUsage for a wrong name or value, of KindOutput when the
// file cannot be read or written, of KindLocked when another run holds its lock for 10 s. The file is as it was then,
// except where the error says that it was written.
func Set(ctx context.Context, env Env, flags *pflag.FlagSet, name, text string) (path string, err error) {
	profile, name := splitName(name)
	s, err := settable(name)
	if err != nil {
		return "", err
	}
	if s.place == atTop && profile != "" {
		return "", charge.Usagef("%s is not a setting of a profile", s.Name)
	}
	return edit(ctx, env, flags, func(e *editor) error {
		if err := e.accept(s, text); err != nil {
			return err
		}
		if s.place == atTop {
			return e.put(text, s.Name)
		}
		in, err := e.profile(profile)
		if err != nil {
			return err
		}
		return e.put(text, profilesName, in, s.Name)
	})
}

// StoreKey writes what the profile in use says of its API key: api_key, removed when empty, and keyring, removed when
// false. The profile and the file are made when missing. Errors are those of Set.
func StoreKey(ctx context.Context, env Env, flags *pflag.FlagSet, text string, keyring bool) error {
	_, err := edit(ctx, env, flags, func(e *editor) error {
		in, err := e.profile("")
		if err != nil {
			return err
		}
		ring := map[bool]string{true: "true"}[keyring]
		if err := e.put(text, profilesName, in, settingAPIKey); err != nil {
			return err
		}
		return e.put(ring, profilesName, in, settingKeyring)
	})
	return err
}

// Settable reports whether Set would take a setting of this name.
func Settable(name string) bool {
	_, err := settable(name)
	return err == nil
}

func settable(name string) (Setting, error) {
	s, err := Find(name)
	switch {
	case err != nil:
		return s, err
	case s.Secret:
		return s, charge.Usagef("%s is not set on a command line, which others can read", s.Name).
			WithHint("run `chargectl auth login`, or set " + settingAPIKeyFile + " or " + settingAPIKeyCommand)
	case s.Name == settingProfile:
		return s, charge.Usagef("profile is chosen with --profile or CHARGE_PROFILE; the file has %s", settingDefaultProfile)
	case s.place == outside:
		return s, charge.Usagef("%s is not kept in the file", s.Name)
	}
	return s, nil
}

// splitName cuts profiles.NAME.SETTING at its last dot: profiles may have dots, settings have none.
func splitName(name string) (profile, setting string) {
	top, rest, _ := strings.Cut(name, ".")
	dot := strings.LastIndexByte(rest, '.')
	if fold(top) != profilesName || dot <= 0 {
		return "", name
	}
	return rest[:dot], rest[dot+1:]
}

// editor changes a file through its nodes, so that comments and order stay.
type editor struct {
	*file
	settings *resolver
	bare     bool // the file has no settings yet, at most comments
	changed  bool
}

// edit reads the file, changes it, and replaces it, all under the lock beside it. A symbolic link stays, and the file
// that it leads to is replaced. One that does not exist is begun, at 0600, in a folder that is made at 0700.
func edit(ctx context.Context, env Env, flags *pflag.FlagSet, change func(e *editor) error) (path string, err error) {
	r, err := newResolver(env, flags)
	if err == nil {
		err = r.placed()
	}
	if err != nil {
		return "", err
	}
	path, err = linkTarget(r.path)
	if err != nil {
		return "", notWritten(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), privateFolder); err != nil {
		return "", notWritten(err)
	}
	folder, err := disk.Open(filepath.Dir(path), env.system, func(string) {})
	if err != nil {
		return "", notWritten(err)
	}
	defer func() { _ = folder.Close() }()
	lock, err := lockToEdit(ctx, folder, "."+filepath.Base(path)+".lock")
	if err != nil {
		return "", err
	}
	defer disk.Release(lock)
	f, err := r.readToEdit()
	if err != nil {
		return "", err
	}
	e := &editor{file: f, settings: r, bare: f.doc == nil}
	if f.root() == nil {
		f.doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode, Tag: "!!map"}}}
	}
	if err := change(e); err != nil || !e.changed {
		return r.path, err
	}
	data, err := e.encode()
	if err == nil {
		_, err = parse(e.path, data) // it must be certain that it can be read again
	}
	if err != nil {
		return "", err
	}
	written, err := folder.WritePrivate(filepath.Base(path), data)
	switch {
	case err == nil:
		return r.path, nil
	case written:
		failed := notWritten(err)
		failed.Reason = "the configuration file was written, but may not outlast a power cut: " + err.Error()
		return "", failed
	default:
		return "", notWritten(err)
	}
}

// readToEdit takes nothing but a file that does not exist for an empty one: the settings of one that only fails now would
// be lost.
func (r *resolver) readToEdit() (*file, error) {
	opened, err := r.env.open(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &file{path: r.path}, nil
	case err != nil:
		return nil, charge.Errorf(charge.KindOutput, "the configuration file cannot be read, so it is not changed: %w", err)
	}
	f, _, err := r.readOpened(opened)
	return f, err
}

func (e *editor) accept(s Setting, text string) error {
	if text == "" {
		return nil
	}
	err := s.check(text)
	// Only what is written is looked up, so that a wrong zone breaks only what needs one. A fleet's own is the API's to know.
	if err == nil && s.Name == settingTimezone && text != "fleet" {
		_, err = period.LoadZone(text)
	}
	if err != nil {
		return charge.Usagef("%s: %w", s.Name, err)
	}
	if s.Name == settingDefaultProfile && e.file.profile(text) == nil {
		return e.noProfile(value{text, settingDefaultProfile})
	}
	return nil
}

// profile is the name, as the file writes it, of the profile to change: the one named, else the one in use.
func (e *editor) profile(name string) (string, error) {
	if name == "" {
		err := e.settings.choose(e.file)
		return e.settings.setting(settingProfile).text, err
	}
	if err := profileName(name); err != nil {
		return "", charge.Usagef("profiles.%s: %w", charge.Clip(name, maxShown), err)
	}
	if p := e.file.profile(name); p != nil {
		name = p.name
	}
	return name, nil
}

// put sets the text at the end of a path of names, making the mappings on the way; an empty text removes it. Names
// match in any case.
func (e *editor) put(text string, path ...string) error {
	mapping := e.root()
	for _, name := range path[:len(path)-1] {
		child := find(mapping, name)
		switch {
		case isNull(child) && text == "":
			return nil
		case isNull(child):
			child = e.assign(mapping, name, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
		case child.Kind != yaml.MappingNode:
			return charge.Usagef("%s:%d: %s is a YAML alias: change it by hand", e.path, child.Line, shown(name))
		}
		mapping = child
	}
	name := path[len(path)-1]
	if text != "" {
		e.assign(mapping, name, scalar(text))
		return nil
	}
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if fold(mapping.Content[i].Value) == fold(name) {
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			e.changed = true
			return nil
		}
	}
	return nil
}

// assign puts a value under a name and returns the node that is now in the tree.
func (e *editor) assign(mapping *yaml.Node, name string, value *yaml.Node) *yaml.Node {
	e.changed = true
	old := find(mapping, name)
	if old == nil {
		if len(mapping.Content) == 0 && mapping.LineComment == "" { // a comment behind { } has no place in a block
			mapping.Style &^= yaml.FlowStyle
		}
		mapping.Content = append(mapping.Content, scalar(name), value)
		return value
	}
	value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
	*old = *value
	return old
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

func (e *editor) encode() ([]byte, error) {
	var out bytes.Buffer
	// The comments of a file that has nothing else are in no node.
	if text := strings.TrimSpace(string(e.data)); text == "" {
		out.WriteString(marker + "\n")
	} else if e.bare {
		out.WriteString(text + "\n")
	}
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(e.doc); err != nil {
		return nil, err
	}
	return out.Bytes(), enc.Close()
}
