package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chargectl/chargectl/internal/charge"
)

// writeFile puts data in place of the file in one step, at 0600, in a folder that is made at 0700 when missing. A
// symbolic link stays and its target is replaced. Errors are of KindOutput and name the path.
func writeFile(path string, data []byte) error {
	if err := replace(path, data); err != nil {
		return charge.Errorf(charge.KindOutput, "the configuration file cannot be written: %w", err)
	}
	return nil
}

func replace(path string, data []byte) error {
	path, err := linkTarget(path)
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, privateFolder); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".config-*.tmp") // 0600 by its documentation
	if err != nil {
		return err
	}
	if err := errors.Join(fill(temp, data), temp.Close()); err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		_ = os.Remove(temp.Name())
		return err
	}
	syncFolder(folder)
	return nil
}

func fill(file *os.File, data []byte) error {
	if _, err := file.Write(data); err != nil {
		return err
	}
	return file.Sync()
}

// linkTarget follows links, dangling ones too, and refuses what a rename must never replace, such as /dev/null.
func linkTarget(path string) (string, error) {
	const maxLinks = 40
	for range maxLinks {
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return path, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("not a regular file")}
		}
		next, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(next) {
			next = filepath.Join(filepath.Dir(path), next)
		}
		path = next
	}
	return "", &fs.PathError{Op: "write", Path: path, Err: errors.New("too many links")}
}

// syncFolder makes the rename last through a power cut where the system can; the file is complete either way.
func syncFolder(path string) {
	folder, err := os.Open(path)
	if err != nil {
		return
	}
	_ = folder.Sync()
	_ = folder.Close()
}
