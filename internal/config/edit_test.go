package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestSetWritesTheTree(t *testing.T) {
	const file = `# ours
default_profile: acme # the usual

profiles:
  # the customer
  Acme: # inline
    api_version: 2026-03-01 # pinned
    keyring: false
  a.b: {fleet: 0123}
  empty:
`
	tests := map[string]struct {
		file, name, value string
		flag              string
		old, new          string // the only change, on a file without blank lines
	}{
		"replaces":             {file: file, name: "api_version", value: "2026-04-01", old: "2026-03-01 #", new: "2026-04-01 #"},
		"adds":                 {file: file, name: "timezone", value: "Europe/Paris", old: "    keyring: false\n", new: "    keyring: false\n    timezone: Europe/Paris\n"},
		"removes":              {file: file, name: "keyring", value: "", old: "    keyring: false\n", new: ""},
		"removes nothing":      {file: file, name: "profiles.none.fleet", value: ""},
		"by flag":              {file: file, name: "timeout", value: "2h", flag: "EMPTY", old: "  empty:\n", new: "  empty:\n    timeout: 2h\n"},
		"by name with dots":    {file: file, name: "profiles.A.b.fleet", value: "x", old: "{fleet: 0123}", new: "{fleet: x}"},
		"makes a profile":      {file: file, name: "profiles.New.fleet", value: "x", old: "  empty:\n", new: "  empty:\n  New:\n    fleet: x\n"},
		"default_profile":      {file: file, name: "default_profile", value: "a.b", old: "acme #", new: "a.b #"},
		"quotes what needs it": {file: file, name: "profiles.acme.fleet", value: "a: #b", old: "keyring: false\n", new: "keyring: false\n    fleet: 'a: #b'\n"},
		"keeps lone comments":  {file: "# only\n# comments\n", name: "fleet", value: "x", old: "comments\n", new: "comments\nprofiles:\n  default:\n    fleet: x\n"},
		"begins a file":        {file: "", name: "fleet", value: "null", new: marker + "\nprofiles:\n  default:\n    fleet: \"null\"\n"},
		"braces":               {file: "{}\n", name: "fleet", value: "x", old: "{}\n", new: "profiles:\n  default:\n    fleet: x\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(tt.file)
			var flags *pflag.FlagSet
			if tt.flag != "" {
				flags = given("profile", tt.flag)
			}
			path, err := Set(t.Context(), w.env(), flags, tt.name, tt.value)
			if err != nil || path != w.path() {
				t.Fatalf("%q, %v", path, err)
			}
			want := strings.Replace(strings.ReplaceAll(tt.file, "usual\n\n", "usual\n"), tt.old, tt.new, 1)
			if diff := cmp.Diff(want, strings.ReplaceAll(w.text(), "usual\n\n", "usual\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSetRefuses(t *testing.T) {
	const file = "profiles:\n  default: &d {timeout: 1h}\n  alias: *d\n"
	tests := map[string]struct {
		file, name, value string
		want              []string
	}{
		"an unknown name":      {file, "time_zone", "UTC", []string{`"time_zone"`, `"timezone"`}},
		"a profile alone":      {file, "profiles.default", "UTC", []string{`"profiles.default"`}},
		"a bad value":          {file, "timeout", "soon", []string{`"soon"`}},
		"a zone there is not":  {file, "timezone", "Europe/Pari", []string{`timezone: "Europe/Pari" is not a time zone`}},
		"a bad URL":            {file, "base_url", "http://api.example", []string{"https"}},
		"a bad profile":        {file, "profiles..fleet", "x", []string{"profile"}},
		"an unknown default":   {file, "default_profile", "defaul", []string{`"default"`}},
		"a key":                {file, "api_key", testKey, []string{"command line"}},
		"a key by profile":     {file, "profiles.default.api_key", testKey, []string{"command line"}},
		"config":               {file, "config", "/x", []string{"config is not kept"}},
		"profile":              {file, "profile", "x", []string{"default_profile"}},
		"default of a profile": {file, "profiles.default.default_profile", "default", []string{"not a setting of a profile"}},
		"an alias":             {file, "profiles.alias.fleet", "x", []string{":3: ", "by hand"}},
		"a broken file":        {"profiles: [\n", "fleet", "x", []string{"config.yaml:1: "}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(tt.file)
			_, err := Set(t.Context(), w.env(), nil, tt.name, tt.value)
			wantError(t, err, charge.KindUsage, tt.want...)
			if got := w.text(); got != tt.file {
				t.Errorf("the file was changed:\n%s", got)
			}
		})
	}
}

func TestWritingIsPrivateAndLeavesNothingElse(t *testing.T) {
	w := newTestEnv(t)
	if _, err := Set(t.Context(), w.env(), nil, "fleet", "x"); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(w.path())
	if file, dir := w.mode(w.path()), w.mode(folder); file != 0o600 || dir != 0o700 {
		t.Errorf("modes %04o and %04o, want 0600 and 0700", file, dir)
	}
	if err := os.Chmod(w.path(), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Set(t.Context(), w.env(), nil, "fleet", "y"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".config.yaml.lock", "config.yaml"}, w.folder()); diff != "" || w.mode(w.path()) != 0o600 {
		t.Errorf("mode %04o, %s", w.mode(w.path()), diff)
	}
}

func TestWritingThroughLinks(t *testing.T) {
	w := newTestEnv(t)
	real, links := filepath.Join(w.home, "real.yaml"), []string{filepath.Join(w.home, "a"), filepath.Join(w.home, "b")}
	for link, to := range map[string]string{links[0]: "b", links[1]: real} {
		if err := os.Symlink(to, link); err != nil {
			t.Skip("no links here:", err)
		}
	}
	for _, value := range []string{"dangling", "there"} {
		if _, err := Set(t.Context(), w.env(), given("config", links[0]), "fleet", value); err != nil {
			t.Fatal(err)
		}
		for _, link := range links {
			if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
				t.Errorf("%s is no link any more: %v", link, err)
			}
		}
		if got := w.load(given("config", real)).Fleet; got != value {
			t.Errorf("fleet %q, want %q", got, value)
		}
	}
}

func TestWhereNothingCanBeWritten(t *testing.T) {
	w := newTestEnv(t)
	file := filepath.Join(w.home, "file")
	loop := filepath.Join(w.home, "loop")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("loop", loop); err != nil {
		t.Skip("no links here:", err)
	}
	for _, path := range []string{filepath.Join(file, "config.yaml"), loop, os.DevNull} {
		_, err := Set(t.Context(), w.env(), given("config", path), "fleet", "x")
		wantError(t, err, charge.KindOutput, path)
	}
}

func FuzzSet(f *testing.F) {
	for _, s := range Settings() {
		f.Add(s.Name, "default", "true")
	}
	f.Add("api_key_command", "default", "\x89")
	f.Add("fleet", "a.b", "- x: #y")
	f.Add("fleet", "<<", "~")
	f.Add("type", "null", "\u2028\ufeff ")
	f.Add("dir", "0x10", "!!binary x")
	path := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, name, profile, value string) {
		w := &testEnv{t: t, vars: map[string]string{}}
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		flags := given("config", path, "profile", profile)
		if _, err := Set(t.Context(), w.env(), flags, name, value); err != nil {
			wantError(t, err, charge.KindUsage)
			return
		}
		c, err := begin(w.env(), flags)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.read(toCreate); err != nil {
			t.Fatal(err)
		}
		got := ""
		if p := c.file.profile(profile); p != nil {
			if n := p.values[fold(name)]; !isNull(n) {
				got = n.Value
			}
		}
		if got != value && slices.Contains(names(inProfile), fold(name)) {
			t.Errorf("%s: %q was set, %q is read", name, value, got)
		}
	})
}

// TestEditsKeepEveryComment sets something new and something old at every place that a comment can stand.
func TestEditsKeepEveryComment(t *testing.T) {
	files := []string{
		"# c1\n\n# c2\ndefault_profile: acme # c3\n# c4\nprofiles: # c5\n  # c6\n  acme: # c7\n    # c8\n    fleet: x # c9\n    # c10\n    type: t\n  # c11\n  other: {fleet: y} # c12\n# c13\n",
		"profiles:\n  acme: # c1\n  # c2\n  other: # c3\n    fleet: x\n    # c4\n",
		"profiles:\n  acme: {} # c1\n",
		"profiles: {acme: {fleet: x}} # c1\n# c2\n",
		"profiles: # c1\n# c2\n",
		"profiles: {} # c1\n",
		"profiles:\n  acme: &a # c1\n    fleet: x\n  other: *a # c2\n",
		"profiles:\n  acme:\n    fleet: # c1\n      x\n    dir: >- # c2\n      y\n    api_key_command: # c3\n      - pass # c4\n      # c5\n      - show\n",
		"# c1\n---\n# c2\nprofiles:\n  acme: {fleet: x}\n# c3\n...\n",
		"# c1\n{} # c2\n# c3\n",
		"# c1\r\nprofiles: # c2\r\n  acme:\r\n    fleet: x # c3\r\n",
	}
	for _, file := range files {
		for _, name := range []string{"fleet", "timeout"} {
			w := newTestEnv(t).file(file)
			if _, err := Set(t.Context(), w.env(), given("profile", "acme"), name, "1h"); err != nil {
				t.Errorf("%q: %v", file, err)
				continue
			}
			got := w.text()
			for i := 1; strings.Contains(file, fmt.Sprintf("# c%d", i)); i++ {
				if !regexp.MustCompile(fmt.Sprintf(`# c%d\b`, i)).MatchString(got) {
					t.Errorf("%s: comment c%d is lost: of\n%s\nbecame\n%s", name, i, file, got)
				}
			}
			if text, _ := w.load(given("profile", "acme")).Value(name); text != "1h" {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

func TestStoreKey(t *testing.T) {
	w := newTestEnv(t).file("# mine\nprofiles:\n  Acme: # inline\n    api_key: " + liveKey + "\n    fleet: x\n")
	flags := given("profile", "ACME")
	if err := StoreKey(t.Context(), w.env(), flags, "", true); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# mine\nprofiles:\n  Acme: # inline\n    fleet: x\n    keyring: true\n", w.text()); diff != "" {
		t.Error(diff)
	}
	c := w.load(flags)
	if !c.Keyring || c.FromProfile("api_key") != "" || c.ProfileOrigin() != "profile Acme ("+w.path()+")" {
		t.Errorf("%+v", c)
	}
	if err := StoreKey(t.Context(), w.env(), flags, testKey, false); err != nil {
		t.Fatal(err)
	}
	if c := w.load(flags); c.Keyring || c.FromProfile("api_key") != testKey {
		t.Errorf("%+v", c)
	}
	if err := StoreKey(t.Context(), w.env(), flags, "", false); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("# mine\nprofiles:\n  Acme: # inline\n    fleet: x\n", w.text()); diff != "" {
		t.Error(diff)
	}
}

// A login makes the file and the profile that it needs.
func TestStoreKeyBeginsAFile(t *testing.T) {
	w := newTestEnv(t)
	flags := given("profile", "new")
	c, err := LoadToCreate(w.env(), flags)
	if err != nil || c.Profile != "new" || c.ProfileOrigin() != "profile new ("+w.path()+")" {
		t.Fatalf("%+v, %v", c, err)
	}
	if err := StoreKey(t.Context(), w.env(), flags, testKey, false); err != nil {
		t.Fatal(err)
	}
	if w.mode(w.path()) != 0o600 || w.text() != marker+"\nprofiles:\n  new:\n    api_key: "+testKey+"\n" {
		t.Errorf("mode %04o of\n%s", w.mode(w.path()), w.text())
	}
	if c := w.load(flags); c.FromProfile("api_key") != testKey || len(c.Notices) != 0 {
		t.Errorf("%+v", c)
	}
	// Nothing to remove is nothing to write.
	other := filepath.Join(w.home, "other.yaml")
	if err := StoreKey(t.Context(), w.env(), given("config", other), "", false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("a file was made for nothing: %v", err)
	}
}
