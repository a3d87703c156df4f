package internal_test

import (
	"bytes"
	"go/ast"
	"go/format"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// habits complains of what no file does.
func habits(s source) (complaints []string) {
	bubble := s.test() && bubbles(s)
	ast.Inspect(s.file, func(n ast.Node) bool {
		why := ""
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Name.Name == "init" && n.Recv == nil {
				why = "init() hides what starts the program: call it from main's path"
			}
		case *ast.CallExpr:
			why = called(n, s, bubble)
		}
		if why != "" {
			complaints = append(complaints, s.at(n, "%s", why))
		}
		return true
	})
	return complaints
}

// bubbles says that a test file runs in virtual time, by itself or by a helper that says so.
func bubbles(s source) bool {
	if slices.ContainsFunc(s.file.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` }) {
		return true
	}
	for n := range ast.Preorder(s.file) {
		if call, ok := n.(*ast.CallExpr); ok && callee(call) == "inBubble" {
			return true
		}
	}
	return false
}

// called says what is wrong with calling a function here.
func called(call *ast.CallExpr, s source, bubble bool) string {
	switch name := callee(call); {
	case name == "os.Exit" && path.Base(s.path) != "main.go":
		return "os.Exit is main's alone: it skips what is deferred"
	case name == "time.Sleep" && !bubble:
		return "time.Sleep hears no context; a test sleeps only in a synctest bubble"
	case s.test():
		return ""
	case strings.HasPrefix(name, "fmt.Print"), name == "println", name == "print":
		return name + " writes past the streams: only output writes to them"
	case strings.HasPrefix(name, "log."):
		return name + " writes past the streams and may end the process"
	case name == "context.TODO":
		return "context.TODO is a wait that no signal ends"
	case strings.HasPrefix(method(call), "Set") && strings.HasSuffix(method(call), "Template"):
		return method(call) + " brings text/template into the binary, and turns off the linker's pruning"
	case name == "panic" && len(call.Args) == 1 && isText(call.Args[0]):
		return "panic with a text: return an error"
	}
	return ""
}

// method is the name of a called method, whatever it is called on.
func method(call *ast.CallExpr) string {
	if f, ok := call.Fun.(*ast.SelectorExpr); ok {
		return f.Sel.Name
	}
	return ""
}

func isText(e ast.Expr) bool {
	lit, ok := e.(*ast.BasicLit)
	return ok && lit.Kind == token.STRING
}

// callee is a called function's name as it is written: f, or pkg.f.
func callee(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if pkg, ok := f.X.(*ast.Ident); ok {
			return pkg.Name + "." + f.Sel.Name
		}
	}
	return ""
}

func TestNoFileDoesWhatNoFileShould(t *testing.T) {
	for _, s := range sources(t) {
		report(t, habits(s))
	}
}

// TestEveryFileIsFormatted says so before anything slower does.
func TestEveryFileIsFormatted(t *testing.T) {
	for _, s := range sources(t) {
		text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(s.path)))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		if formatted, err := format.Source(text); err != nil || !bytes.Equal(formatted, text) {
			t.Errorf("%s: gofmt would change it (%v)", s.path, err)
		}
	}
}

// variables complains of assignments to variables of the package, in one room's files.
func variables(room []source) (complaints []string) {
	global := map[string]bool{}
	for _, s := range room {
		for _, decl := range s.file.Decls {
			for _, name := range varNames(decl) {
				global[name] = true
			}
		}
	}
	for _, s := range room {
		ast.Inspect(s.file, func(n ast.Node) bool {
			for _, target := range targets(n) {
				if name := root(target); global[name] {
					complaints = append(complaints, s.at(target, "%s is a variable of the package: nothing changes one, and nothing local is called like one", name))
				}
			}
			return true
		})
	}
	return complaints
}

func varNames(decl ast.Decl) (names []string) {
	d, ok := decl.(*ast.GenDecl)
	if !ok || d.Tok != token.VAR {
		return nil
	}
	for _, spec := range d.Specs {
		for _, name := range spec.(*ast.ValueSpec).Names {
			if name.Name != "_" {
				names = append(names, name.Name)
			}
		}
	}
	return names
}

// targets are what a statement writes to; := makes its own.
func targets(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	}
	return nil
}

func root(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.SelectorExpr:
		return root(e.X)
	}
	return ""
}

func TestNoVariableOfAPackageChanges(t *testing.T) {
	for _, room := range rooms(t) {
		report(t, variables(room))
	}
}
