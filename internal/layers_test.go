// Package internal_test holds the whole program to its own architecture (docs/architecture.md): who imports whom,
// what no file does, and how long things get. Each failure names the file, the line and the rule.
package internal_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/chargectl/chargectl/"

// arrows are the only imports between rooms; a room that is not here has yet to be given its place.
var arrows = map[string][]string{
	"cmd/chargectl":  {"internal/cli"},
	"internal":       {},
	"internal/bench": {"internal/sandbox"},
	"internal/cli": {
		"internal/reports", "internal/webhook", "internal/api", "internal/output", "internal/progress", "internal/term", "internal/config",
		"internal/credential", "internal/sandbox", "internal/cli/exit", "internal/cli/doctor",
		"internal/folder", "internal/poll", "internal/download", "internal/disk", "internal/filename", "internal/period", "internal/charge",
	},
	"internal/cli/exit":             {"internal/charge", "internal/pattern"},
	"internal/cli/doctor":           {"internal/charge", "internal/period", "internal/disk"},
	"internal/reports":              {"internal/folder", "internal/poll", "internal/download", "internal/disk", "internal/filename", "internal/period", "internal/charge"},
	"internal/webhook":              {"internal/poll", "internal/download", "internal/disk", "internal/filename", "internal/period", "internal/charge"},
	"internal/folder":               {"internal/download", "internal/pattern", "internal/disk", "internal/filename", "internal/period", "internal/charge"},
	"internal/poll":                 {"internal/charge"},
	"internal/download":             {"internal/disk", "internal/charge", "internal/pattern"},
	"internal/disk":                 {"internal/charge"},
	"internal/filename":             {"internal/period", "internal/charge"},
	"internal/period":               {"internal/charge", "internal/pattern"},
	"internal/api":                  {"internal/charge", "internal/pattern"},
	"internal/output":               {"internal/term", "internal/period", "internal/charge"},
	"internal/progress":             {"internal/term", "internal/period", "internal/charge"},
	"internal/term":                 {"internal/charge", "internal/pattern"},
	"internal/config":               {"internal/disk", "internal/period", "internal/charge", "internal/pattern"},
	"internal/credential":           {"internal/charge"},
	"internal/sandbox":              {"internal/charge", "internal/pattern"},
	"internal/sandbox/inproc":       {"internal/sandbox"},
	"internal/sandbox/contracttest": {"internal/sandbox"},
	"internal/charge":               {"internal/pattern"},
	"internal/pattern":              {},
}

// testArrows are what only tests may import besides: black-box tests need an API to run against, and what api sends is
// held to the contract.
var testArrows = map[string][]string{
	"cmd/chargectl":                 {"internal/sandbox", "internal/sandbox/contracttest"},
	"internal/api":                  {"internal/sandbox/contracttest"},
	"internal/cli":                  {"internal/sandbox/inproc", "internal/sandbox/contracttest"},
	"internal/sandbox":              {"internal/sandbox/inproc", "internal/sandbox/contracttest"},
	"internal/sandbox/contracttest": {"internal/sandbox/inproc"},
}

// modules says in which rooms each third party may be known.
var modules = map[string][]string{
	"github.com/spf13/cobra":           {"internal/cli"},
	"github.com/spf13/pflag":           {"internal/cli", "internal/config"},
	"github.com/google/uuid":           {"internal/cli"},
	"github.com/coreos/go-systemd/v22": {"internal/cli"},
	"github.com/spf13/viper":           {"internal/config"},
	"github.com/zalando/go-keyring":    {"internal/credential"},
	"go.yaml.in/yaml/v3":               {"internal/config"},
	"github.com/briandowns/spinner":    {"internal/progress"},
	"github.com/dustin/go-humanize":    {"internal/output", "internal/progress"},
	"github.com/itchyny/gojq":          {"internal/output"},
	"github.com/mattn/go-runewidth":    {"internal/term"},
	"golang.org/x/term":                {"internal/term"},
	"golang.org/x/sys":                 {"internal/term"},
	"github.com/gofrs/flock":           {"internal/disk"},
	"github.com/getkin/kin-openapi":    {"internal/sandbox/contracttest"},
	"github.com/google/go-cmp":         {},
	"github.com/creack/pty":            {},
	"github.com/rogpeppe/go-internal":  {},
}

// testModules may be known to every test and to nothing else.
var testModules = []string{"github.com/google/go-cmp", "github.com/creack/pty", "github.com/rogpeppe/go-internal"}

// imports complains of every import that the arrows and the modules do not allow.
func imports(s source) (complaints []string) {
	room := s.room()
	if _, known := arrows[room]; !known {
		return []string{s.at(s.file.Name, "%s is not a room of docs/architecture.md", room)}
	}
	for _, spec := range s.file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		if why := forbidden(name, room, s.test()); why != "" {
			complaints = append(complaints, s.at(spec, "%s", why))
		}
	}
	return complaints
}

// forbidden says which rule an import breaks; nothing when it breaks none.
func forbidden(name, room string, test bool) string {
	if to, ours := strings.CutPrefix(name, module); ours {
		if slices.Contains(arrows[room], to) || test && (to == room || slices.Contains(testArrows[room], to)) {
			return ""
		}
		return fmt.Sprintf("%s must not import %s: see the arrows in docs/architecture.md", room, to)
	}
	if first, _, _ := strings.Cut(name, "/"); !strings.Contains(first, ".") {
		if !test && strings.HasSuffix(name, "/template") {
			return fmt.Sprintf("%s imports %s, which turns off the linker's pruning: 2.4 MB", room, name)
		}
		return ""
	}
	for mod, rooms := range modules {
		if name != mod && !strings.HasPrefix(name, mod+"/") {
			continue
		}
		if slices.Contains(rooms, room) || test && slices.Contains(testModules, mod) {
			return ""
		}
		return fmt.Sprintf("%s must not import %s: %s", room, name, home(rooms))
	}
	return fmt.Sprintf("%s imports %s, which has no room yet", room, name)
}

func home(rooms []string) string {
	if len(rooms) == 0 {
		return "it is for tests only"
	}
	return "its room is " + strings.Join(rooms, ", ")
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		report(t, imports(s))
	}
}
