package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
)

// row is a line of the table.
type row struct {
	what    string
	against string   // the other program, or empty where the figure is not a ratio
	aim     string   // what the figure should be at most
	needs   []string // programs that have to be installed
	measure func(ctx context.Context, l *lab) (figure, spread string, err error)
}

// result is a row with what was measured.
type result struct {
	row

	figure, spread string
}

// table is the results in Markdown, with the machine and the versions that they are of.
func table(l *lab, results []result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Measured with `go run ./internal/bench` on %d cores (%s/%s), %s, against %s.\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), strings.Join(l.versions, ", "))
	if l.inMemory {
		b.WriteString("Files are written to a folder in memory.\n")
	}
	b.WriteString("\n| what | against | median | least to most | aim |\n|---|---|---|---|---|\n")
	for _, r := range results {
		cells := []string{r.what, dash(r.against), r.figure, dash(r.spread), dash(r.aim)}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

const begin, end = "<!-- BEGIN benchmark -->\n", "<!-- END benchmark -->"

// insert puts a text between the markers of a page.
func insert(path, text string) error {
	page, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("run it at the top of the repository: %w", err)
	}
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !ok || !closed {
		return fmt.Errorf("%s has no lines %q and %q", path, strings.TrimSpace(begin), end)
	}
	return os.WriteFile(path, []byte(string(before)+begin+text+end+string(after)), 0o644)
}
