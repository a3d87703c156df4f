//go:build unix

package main

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestPicture holds the pictures of the README, light and dark, to what the program shows at a terminal:
//
//	go test ./cmd/chargectl -run TestPicture -update
//
// writes them anew.
func TestPicture(t *testing.T) {
	t.Parallel()
	s := newScreenTest(t, build(t), columns)
	s.play(scene{
		args: []string{"reports", "create", "--type", "charging_summary", "--period", "2026-04", "--download", "-o", "april.csv"},
		moments: []shown{
			{`pending, waiting for 2s`, (*screenTest).finish}, {`to go$`, (*screenTest).release},
		},
	})
	if len(s.shots) != 3 {
		t.Fatalf("%d moments", len(s.shots))
	}
	for name, palette := range map[string]palette{
		"light": {ground: "#ffffff", border: "#d0d7de", text: "#1f2328", prompt: "#6e7781", styles: map[rune]string{31: "#cf222e", 32: "#1a7f37", 33: "#9a6700", 35: "#8250df", 36: "#1b7c83"}},
		"dark":  {ground: "#0d1117", border: "#30363d", text: "#e6edf3", prompt: "#8b949e", styles: map[rune]string{31: "#ff7b72", 32: "#3fb950", 33: "#d29922", 35: "#bc8cff", 36: "#39c5cf"}},
	} {
		path := "../../docs/pictures/terminal-" + name + ".svg"
		picture := palette.picture("chargectl reports create --type charging_summary --period 2026-04 --download -o april.csv", s.shots)
		if *update {
			if err := os.WriteFile(path, []byte(picture), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(kept) != picture {
			t.Errorf("docs/pictures/terminal-%s.svg is not what the program shows; see the comment of this test:\n%s", name, picture)
		}
	}
}

// palette are the colours of a terminal.
type palette struct {
	ground, border, text, prompt string

	styles map[rune]string // by their number in ECMA-48; others look like text
}

const (
	cellWidth, lineHeight, margin = 8.4, 20, 18

	seconds = 3 // that each moment is shown
	columns = 90
)

// picture shows one moment after the other, and the last where nothing may move.
func (p palette) picture(command string, shots [][]string) string {
	var b strings.Builder
	rows := 0
	for _, lines := range shots {
		rows = max(rows, len(lines)+1)
	}
	width, height := (columns+2)*cellWidth+2*margin, rows*lineHeight+2*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" viewBox="0 0 %.0f %d" role="img">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>$ %s</title>\n<style>\n", html.EscapeString(command))
	fmt.Fprintf(&b, "text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: %s; }\n", p.text)
	fmt.Fprintf(&b, ".moment { opacity: 0; }\n.moment:last-of-type { opacity: 1; }\n@media (prefers-reduced-motion: no-preference) {\n")
	for n := range shots {
		fmt.Fprintf(&b, "@keyframes moment%d { 0%% { opacity: %d; } ", n, map[bool]int{true: 1}[n == 0])
		if n > 0 {
			fmt.Fprintf(&b, "%d%% { opacity: 1; } ", 100*n/len(shots))
		}
		if n < len(shots)-1 {
			fmt.Fprintf(&b, "%d%% { opacity: 0; } ", 100*(n+1)/len(shots))
		}
		b.WriteString("}\n")
		fmt.Fprintf(&b, "#moment%d { animation: moment%d %ds step-end infinite; }\n", n, n, seconds*len(shots))
	}
	b.WriteString("}\n</style>\n")
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%.0f" height="%d" rx="8" fill="%s" stroke="%s"/>`+"\n", width-1, height-1, p.ground, p.border)
	p.write(&b, 0, 0, "$ ", p.prompt)
	p.write(&b, 0, 2, command, p.text)
	for n, lines := range shots {
		fmt.Fprintf(&b, "<g class=\"moment\" id=\"moment%d\">\n", n)
		for row, line := range lines {
			col, colour := 0, p.text
			for line != "" {
				next := strings.IndexFunc(line, func(r rune) bool { return r >= plain && r < plain+100 })
				if next < 0 {
					next = len(line)
				}
				p.write(&b, row+1, col, line[:next], colour)
				col += utf8.RuneCountInString(line[:next])
				style, size := utf8.DecodeRuneInString(line[next:])
				line = line[next+size:]
				if colour = p.text; p.styles[style-plain] != "" {
					colour = p.styles[style-plain]
				}
			}
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// write puts text that fills its cells, whatever the font is, onto the terminal.
func (p palette) write(b *strings.Builder, row, col int, text, colour string) {
	col += utf8.RuneCountInString(text) - utf8.RuneCountInString(strings.TrimLeft(text, " "))
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	fmt.Fprintf(b, `<text x="%.1f" y="%d" textLength="%.1f" style="fill: %s">%s</text>`+"\n",
		margin+float64(col)*cellWidth, margin+row*lineHeight+14, float64(utf8.RuneCountInString(text))*cellWidth, colour, html.EscapeString(text))
}
