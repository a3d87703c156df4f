package internal_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pages are all pages of the repository, by their names from its top.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "dist", "build"}, name) {
			return fs.SkipDir
		}
		if !d.IsDir() && path.Ext(name) == ".md" {
			text, err := os.ReadFile(filepath.Join("..", name))
			all[name] = strings.ReplaceAll(string(text), "\r\n", "\n")
			return err
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("%d pages, error %v", len(all), err)
	}
	return all
}

// fenced is a block of code: its language and its lines.
var fenced = regexp.MustCompile("(?ms)^```([^\n]*)\n(.*?)^```$")

// anchors are the anchors of a page's headings, as GitHub makes them.
func anchors(text string) (all []string) {
	text = fenced.ReplaceAllString(text, "")
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		anchor := strings.ToLower(regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(heading[1], ""))
		anchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`).ReplaceAllString(anchor, "")
		all = append(all, strings.ReplaceAll(anchor, " ", "-"))
	}
	return all
}

// TestLinksLeadSomewhere: every link in a page leads to a file that is there, and to a heading of it. Those that leave the
// repository are listed with -v: no test asks another machine.
func TestLinksLeadSomewhere(t *testing.T) {
	all := pages(t)
	found := 0
	links := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:href|src|srcset)="([^"]+)"`)
	for name, text := range all {
		text = regexp.MustCompile("`[^`\n]*`").ReplaceAllString(fenced.ReplaceAllString(text, ""), "code")
		for _, match := range links.FindAllStringSubmatch(text, -1) {
			link := match[1] + match[2]
			found++
			switch {
			case strings.HasPrefix(link, "https://"):
				t.Logf("%s: %s", name, link)
				continue
			case strings.Contains(link, "://"):
				t.Errorf("%s: %s is neither of the repository nor https", name, link)
				continue
			}
			target, anchor, _ := strings.Cut(link, "#")
			if target = path.Join(path.Dir(name), target); strings.HasPrefix(link, "#") {
				target = name
			}
			if _, err := os.Stat(filepath.Join("..", target)); err != nil {
				t.Errorf("%s: %s leads nowhere", name, link)
			}
			if anchor != "" && !slices.Contains(anchors(all[target]), anchor) {
				t.Errorf("%s: %s has no such heading", name, link)
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d links were found", found)
	}
}

// TestCommandBlocksAreRun: each block of sh in a page is run by a test, or by .ci/run; where it runs tests or tools of this
// repository, what it names exists. A block of console is an example of what this machine may not have.
func TestCommandBlocksAreRun(t *testing.T) {
	runs := map[string]string{
		"README.md": "TestGuideRuns", "docs/guide.md": "TestGuideRuns", "docs/files.md": "TestFilesRuns", "docs/install.md": "TestInstallRuns",
		"docs/scripting.md": "TestScriptingRecipes", "docs/rehearsing.md": "TestRehearsingRuns", "docs/sandbox.md": "TestSandboxPageRuns", "docs/sync.md": "TestSyncRuns", "docs/troubleshooting.md": "TestTroubleshootingRuns",
		"docs/recipes/README.md": "TestRecipeTellsOfAMissingFile",
		"docs/keeping.md":        "TestKeepingRuns",
	}
	exists, found := provers(t), 0
	for name, text := range pages(t) {
		for _, block := range fenced.FindAllStringSubmatch(text, -1) {
			switch language := block[1]; language {
			case "sh":
				found++
				if test := runs[name]; test == "" {
					namesWhatGoRuns(t, name, block[2], exists)
				} else if exists[test] == "" {
					t.Errorf("%s: there is no %s", name, test)
				}
			case "", "text", "console", "json", "yaml", "crontab", "python", "sql", "mermaid":
			default:
				t.Errorf("%s: a block of %s: which test runs it?", name, language)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d blocks were found", found)
	}
}

// namesWhatGoRuns holds the lines of a block for those who work on the program to what there is to run.
func namesWhatGoRuns(t *testing.T, name, block string, exists map[string]string) {
	t.Helper()
	for line := range strings.Lines(block) {
		line, _, _ = strings.Cut(line, " # ")
		words := strings.Fields(regexp.MustCompile(`^([A-Z_]+=\S+ )+`).ReplaceAllString(strings.ReplaceAll(line, "'", ""), ""))
		switch {
		case len(words) == 0:
			continue
		case words[0] != "go" && words[0] != "git" && !strings.HasPrefix(words[0], ".ci/") && !strings.HasPrefix(words[0], "/tmp/chargectl"):
			t.Errorf("%s: nothing runs %s", name, line)
		}
		for i, word := range words {
			if strings.HasPrefix(word, "./") && !strings.HasSuffix(word, "...") || strings.HasPrefix(word, ".ci/") {
				if _, err := os.Stat(filepath.Join("..", word)); err != nil {
					t.Errorf("%s: %s: there is no %s", name, line, word)
				}
			}
			if i > 0 && (words[i-1] == "-run" || words[i-1] == "-fuzz") && word != "^$" {
				test, _, _ := strings.Cut(strings.Trim(word, "^$"), "/")
				isOne := func(e string) bool { return strings.HasPrefix(e, test) }
				if !slices.ContainsFunc(slices.Collect(maps.Keys(exists)), isOne) {
					t.Errorf("%s: %s: there is no %s", name, line, test)
				}
			}
		}
	}
}
