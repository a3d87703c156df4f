package internal_test

import (
	"fmt"
	"go/ast"
	"slices"
	"testing"
)

// TestBudgets keeps things small. Lines are those from the signature to the closing brace.
func TestBudgets(t *testing.T) {
	var functions []int
	for _, room := range rooms(t) {
		for _, s := range room {
			for _, decl := range s.file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok {
					functions = append(functions, length(s, f))
				}
			}
			report(t, tooLong(s))
		}
	}
	for _, room := range rooms(t) {
		report(t, tooLarge(room))
	}
	for _, budget := range []struct {
		what     string
		lengths  []int
		fraction float64
		limit    int
	}{
		{"median function", functions, 0.5, 15},
		{"function at p90", functions, 0.9, 50},
	} {
		slices.Sort(budget.lengths)
		got := budget.lengths[int(budget.fraction*float64(len(budget.lengths)))]
		if got > budget.limit {
			t.Errorf("%s: %d, the budget is %d", budget.what, got, budget.limit)
		}
	}
}

const (
	longestFunction = 70
	largestPackage  = 1500 // lines, without tests
)

// large are the packages with many small files, each about one thing: commands, requests, faults.
var large = []string{"internal/cli", "internal/api", "internal/sandbox"}

// tooLarge complains of a package with more lines than a person reads in one sitting.
func tooLarge(room []source) (complaints []string) {
	lines := 0
	for _, s := range room {
		if !s.test() {
			lines += s.fset.Position(s.file.FileEnd).Line
		}
	}
	if name := room[0].room(); lines > largestPackage && !slices.Contains(large, name) {
		return []string{fmt.Sprintf("%s has %d lines, %d are the most", name, lines, largestPackage)}
	}
	return nil
}

func length(s source, f *ast.FuncDecl) int {
	return s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
}

func tooLong(s source) (complaints []string) {
	for _, decl := range s.file.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && length(s, f) > longestFunction {
			complaints = append(complaints, s.at(f, "%s has %d lines, %d are the most", f.Name.Name, length(s, f), longestFunction))
		}
	}
	return complaints
}
