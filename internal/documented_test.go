package internal_test

import (
	"go/ast"
	"slices"
	"testing"
)

// undocumented complains of exported names without a sentence.
func undocumented(s source) (complaints []string) {
	complain := func(name *ast.Ident, documented bool) {
		if name.IsExported() && !documented {
			complaints = append(complaints, s.at(name, "%s has no doc comment", name.Name))
		}
	}
	for _, decl := range s.file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			complain(d.Name, d.Doc != nil || d.Recv != nil && !ast.IsExported(receiver(d.Recv.List[0].Type)))
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				names, documented := specDoc(spec)
				for _, name := range names {
					complain(name, documented || d.Doc != nil)
				}
			}
		}
	}
	return complaints
}

func specDoc(spec ast.Spec) (names []*ast.Ident, documented bool) {
	switch spec := spec.(type) {
	case *ast.TypeSpec:
		return []*ast.Ident{spec.Name}, spec.Doc != nil || spec.Comment != nil
	case *ast.ValueSpec:
		return spec.Names, spec.Doc != nil || spec.Comment != nil
	}
	return nil, true
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func TestEverythingExportedIsDocumented(t *testing.T) {
	for room, files := range rooms(t) {
		if !slices.ContainsFunc(files, func(s source) bool { return s.file.Doc != nil }) {
			t.Errorf("%s: no file has a package comment", room)
		}
		for _, s := range files {
			report(t, undocumented(s))
		}
	}
}
