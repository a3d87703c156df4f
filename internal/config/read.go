package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxFile = 1 << 20
	// marker is the first line of files that we made: only those are tightened when their mode was loosened.
	marker = "# written by chargectl; comments stay when it writes again"

	writableByOthers fs.FileMode = 0o022
	openToOthers     fs.FileMode = 0o077
	private          fs.FileMode = 0o600
	privateFolder    fs.FileMode = 0o700
)

// read opens the file and parses it. A default file that is not there, or that this user cannot even look for, is an
// empty one; a file named explicitly must exist unless missing says it may be made.
func read(env Env, where location, missing bool) (*document, []string, error) {
	if _, err := os.Stat(where.path); err != nil && (!where.explicit || missing) {
		doc, perr := parse(where.path, nil)
		return doc, cannotLook(err), perr
	}
	file, err := os.Open(where.path)
	if err != nil {
		return nil, nil, charge.Usagef("%s: the configuration file cannot be read: %w", where.source, err)
	}
	defer func() { _ = file.Close() }()
	data, err := readAll(file, where.path)
	if err != nil {
		return nil, nil, err
	}
	doc, err := parse(where.path, data)
	if err != nil {
		return nil, nil, err
	}
	notices, err := guard(env, file, doc)
	return doc, append(notices, doc.unknown()...), err
}

func cannotLook(err error) []string {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return []string{fmt.Sprintf("profiles are off: %s", err)}
}

func readAll(file *os.File, path string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, charge.Usagef("the configuration file cannot be read: %w", err)
	}
	if len(data) > maxFile {
		return nil, charge.Usagef("%s is larger than %d bytes: it is no configuration file", path, maxFile)
	}
	return data, nil
}

// guard looks at who else may read or write the file. Windows keeps that elsewhere than in the mode.
func guard(env Env, file *os.File, doc *document) ([]string, error) {
	info, err := file.Stat()
	if err != nil || env.GOOS == "windows" || !info.Mode().IsRegular() {
		return nil, nil
	}
	mode := info.Mode().Perm()
	if mode&writableByOthers != 0 && doc.anySets(settingKeyCommand) {
		return nil, charge.Usagef("%s holds %s and others may write to it (mode %04o): run `chmod go-w %s`",
			doc.path, settingKeyCommand, mode, doc.path)
	}
	if mode&openToOthers == 0 {
		return nil, nil
	}
	if bytes.HasPrefix(doc.data, []byte(marker)) && file.Chmod(private) == nil {
		return []string{fmt.Sprintf("the mode of %s was %04o; it is %04o again", doc.path, mode, private)}, nil
	}
	if doc.anySets(settingKey) {
		return []string{fmt.Sprintf("%s holds a key and others may read it (mode %04o): run `chmod 600 %s`", doc.path, mode, doc.path)}, nil
	}
	return nil, nil
}

func (d *document) anySets(setting string) bool {
	return slices.ContainsFunc(d.profiles, func(p *profile) bool { return p.sets(setting) })
}
