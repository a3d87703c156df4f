package config

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/pattern"
	"github.com/chargectl/chargectl/internal/period"
)

const (
	lockLimit = 10 * time.Second
	maxLinks  = 40
)

// ofProfile cuts profiles.NAME.SETTING at its last dot: profiles may have dots, settings have none.
var ofProfile = pattern.New(`(?is)^profiles\.(.+)\.([^.]*)$`)

// Set writes one setting to the configuration file and returns the file's path. The name is a setting of the profile in
// use, profiles.NAME.SETTING, or default_profile; an empty text removes it. File and profile are made when missing;
// comments and order stay. Errors are of KindUsage, KindOutput, or KindLocked when another run holds its lock for 10 s.
// The file is as it was then, except where the error says that it was written.
func Set(ctx context.Context, env Env, flags *pflag.FlagSet, name, text string) (path string, err error) {
	s, profile, err := named(name)
	if err == nil {
		err = s.Settable()
	}
	if err != nil {
		return "", err
	}
	return edit(ctx, env, flags, func(e *editor) error {
		if text != "" {
			err := s.check(text)
			// Only what is written is looked up, so that a wrong zone breaks only what needs one. A fleet's own is the API's to know.
			if err == nil && s.Name == settingTimezone && text != "fleet" {
				_, err = period.LoadZone(text)
			}
			if err != nil {
				return charge.Usagef("%s: %w", s.Name, err)
			}
		}
		if s.place != atTop {
			return e.putInProfile(profile, text, s.Name)
		}
		if text != "" && e.file.profile(text) == nil {
			return e.file.noProfile(s.Name, text)
		}
		return e.put(text, s.Name)
	})
}

// Unset removes what Set writes, and an API key; removed is false where the file did not have it. Nothing is made then.
func Unset(ctx context.Context, env Env, flags *pflag.FlagSet, name string) (path string, removed bool, err error) {
	s, profile, err := named(name)
	if err == nil && !s.Secret {
		err = s.Settable()
	}
	if err != nil {
		return "", false, err
	}
	path, err = Locate(env, flags)
	if _, missing := os.Stat(path); err != nil || errors.Is(missing, fs.ErrNotExist) {
		return path, false, err
	}
	path, err = edit(ctx, env, flags, func(e *editor) (err error) {
		if s.place == atTop {
			err = e.put("", s.Name)
		} else {
			err = e.putInProfile(profile, "", s.Name)
		}
		removed = e.changed
		return err
	})
	return path, removed, err
}

// named reads what Set and Unset call a setting; an empty profile is the one in use.
func named(name string) (s Setting, profile string, err error) {
	if m := ofProfile.Get().FindStringSubmatch(name); m != nil {
		profile, name = m[1], m[2]
	}
	s, err = Find(name)
	if err == nil && s.place == atTop && profile != "" {
		err = charge.Usagef("%s is not a setting of a profile", s.Name)
	}
	return s, profile, err
}

// StoreKey writes what the profile in use says of its API key, as Set does: api_key, removed when empty, and keyring,
// removed when false.
func StoreKey(ctx context.Context, env Env, flags *pflag.FlagSet, text string, keyring bool) error {
	ring := ""
	if keyring {
		ring = "true"
	}
	_, err := edit(ctx, env, flags, func(e *editor) error {
		return cmp.Or(e.putInProfile("", text, settingAPIKey), e.putInProfile("", ring, settingKeyring))
	})
	return err
}

// edit reads the file, changes it, and replaces it, all under the lock beside it. A symbolic link stays, and the file
// that it leads to is replaced. One that does not exist is begun, at 0600, in a folder that is made at 0700.
func edit(ctx context.Context, env Env, flags *pflag.FlagSet, change func(e *editor) error) (path string, err error) {
	c, err := begin(env, flags)
	if err == nil {
		err = c.placed()
	}
	if err != nil {
		return "", err
	}
	path, err = linkTarget(c.Path)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), privateFolder)
	}
	var folder *disk.Folder
	if err == nil {
		folder, err = disk.Open(filepath.Dir(path), env.system, func(string) {})
	}
	if err != nil {
		return "", notWritten(err)
	}
	defer func() { _ = folder.Close() }()
	lock, err := lockToEdit(ctx, folder, "."+filepath.Base(path)+".lock")
	if err != nil {
		return "", err
	}
	defer disk.Release(lock)
	if err := c.read(toChange); err != nil {
		return "", err
	}
	f, out := c.file, new(bytes.Buffer)
	if f.doc == nil { // the comments of a file that has nothing else are in no node
		out.WriteString(cmp.Or(strings.TrimSpace(string(f.data)), marker) + "\n")
	}
	if f.root == nil {
		f.root = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		f.doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{f.root}}
	}
	e := &editor{Config: c}
	if err := change(e); err != nil || !e.changed {
		return c.Path, err
	}
	enc := yaml.NewEncoder(out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(f.doc), enc.Close()); err != nil {
		return "", err
	}
	if _, err := parse(c.Path, out.Bytes()); err != nil { // it must be certain that it can be read again
		return "", err
	}
	written, err := folder.WritePrivate(filepath.Base(path), out.Bytes())
	if err == nil {
		return c.Path, nil
	}
	failed := notWritten(err)
	if written {
		failed.Reason = "the configuration file was written, but may not outlast a power cut: " + err.Error()
	}
	return "", failed
}

// lockToEdit keeps others from changing the file, after a wait of at most 10 s. Where locks are impossible it goes on:
// two edits in the same instant are rare, and the file is replaced whole in any case.
func lockToEdit(ctx context.Context, folder *disk.Folder, name string) (disk.Lock, error) {
	limited, cancel := context.WithTimeout(ctx, lockLimit)
	defer cancel()
	lock, err := folder.LockFile(limited, name, os.O_RDWR|os.O_CREATE, func() error { return nil })
	switch {
	case err == nil, errors.Is(err, disk.ErrNoLocks):
		return lock, nil
	case ctx.Err() != nil:
		return nil, charge.Ended(ctx).About("change the configuration", "")
	case limited.Err() != nil:
		return nil, charge.Errorf(charge.KindLocked, "another run has been changing the configuration file for %s: it holds %s",
			lockLimit, folder.Path(name))
	default:
		return nil, notWritten(err)
	}
}

// notWritten is of KindOutput. The file is never half changed, so what helps is all there is to say.
func notWritten(err error) *charge.Error {
	e := charge.Errorf(charge.KindOutput, "the configuration file cannot be written: %w", err)
	switch {
	case disk.Full(err):
		e.Hint = "make room on its disk"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		e.Hint = "make its folder writable, or name another file with --config or CHARGE_CONFIG"
	}
	return e
}

// linkTarget follows links, dangling ones too, and refuses what a rename must never replace, such as /dev/null.
func linkTarget(path string) (string, error) {
	for range maxLinks {
		next, err := os.Readlink(path)
		if err != nil {
			break // it is no link
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return path, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
	}
	return path, err
}

// editor changes a file through its nodes, so that comments and order stay.
type editor struct {
	*Config
	changed bool // whether there is something to write
}

// putInProfile is put for a setting of a profile: the one named, else the one in use.
func (e *editor) putInProfile(profile, text, name string) error {
	if profile == "" {
		if err := e.choose(); err != nil {
			return err
		}
		profile = e.Profile
	}
	if err := profileName(profile); err != nil {
		return charge.Usagef("profiles.%s: %w", charge.Clip(profile, maxShown), err)
	}
	return e.put(text, profilesName, profile, name)
}

// put sets the text at the end of a path of names, making the mappings on the way; an empty text removes it. Names
// match in any case.
func (e *editor) put(text string, path ...string) error {
	mapping, last := e.file.root, len(path)-1
	for _, name := range path[:last] {
		child := find(mapping, name)
		switch {
		case isNull(child) && text == "":
			return nil
		case isNull(child):
			child = e.assign(mapping, name, &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
		case child.Kind != yaml.MappingNode:
			return charge.Usagef("%s:%d: %s is a YAML alias: change it by hand", e.Path, child.Line, shown(name))
		}
		mapping = child
	}
	if text != "" {
		e.assign(mapping, path[last], scalar(text))
		return nil
	}
	for key := range pairs(mapping) {
		if fold(key.Value) == fold(path[last]) {
			i := slices.Index(mapping.Content, key)
			mapping.Content = slices.Delete(mapping.Content, i, i+2)
			if mapping == e.file.root && i == 0 && len(mapping.Content) > 0 { // what begins the file is about all of it
				next := mapping.Content[0]
				next.HeadComment = strings.TrimSpace(key.HeadComment + "\n" + next.HeadComment)
			}
			e.changed = true
			break
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
