package internal_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// source is one parsed file.
type source struct {
	path string // slash-separated, from the top of the repository
	fset *token.FileSet
	file *ast.File
}

func (s source) room() string { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }

func (s source) at(n ast.Node, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: ", s.path, s.fset.Position(n.Pos()).Line) + fmt.Sprintf(format, args...)
}

func parse(name string, text any) (source, error) {
	s := source{path: name, fset: token.NewFileSet()}
	var err error
	s.file, err = parser.ParseFile(s.fset, name, text, parser.ParseComments)
	return s, err
}

// sources has every Go file of the program, whatever system it is for.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// parsed parses them once: no test changes what it reads.
var parsed = sync.OnceValues(func() (all []source, err error) {
	top := os.DirFS("..")
	for _, root := range []string{"cmd", "internal"} {
		err = errors.Join(err, fs.WalkDir(top, root, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || path.Ext(name) != ".go" {
				return err
			}
			text, err := fs.ReadFile(top, name)
			if err != nil {
				return err
			}
			s, err := parse(name, text)
			all = append(all, s)
			return err
		}))
	}
	return all, err
})

// rooms groups the program's own files, without its tests.
func rooms(t *testing.T) map[string][]source {
	t.Helper()
	byRoom := map[string][]source{}
	for _, s := range sources(t) {
		if !s.test() {
			byRoom[s.room()] = append(byRoom[s.room()], s)
		}
	}
	return byRoom
}

func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, complaint := range complaints {
		t.Error(filepath.FromSlash(complaint))
	}
}
