package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestOrderOfSources(t *testing.T) {
	const profile = "profiles:\n  default:\n    base_url: https://profile.example/v1\n"
	variable := map[string]string{"CHARGE_BASE_URL": "https://variable.example/v1"}
	flag := given("base-url", "https://flag.example/v1")
	tests := map[string]struct {
		file  string
		vars  map[string]string
		flags *pflag.FlagSet
		want  string
		from  string
	}{
		"nothing":           {want: "https://api.chargeapi.co/v1", from: "default"},
		"profile":           {file: profile, want: "https://profile.example/v1", from: "profile default ("},
		"variable":          {file: profile, vars: variable, want: "https://variable.example/v1", from: "environment CHARGE_BASE_URL"},
		"flag":              {file: profile, vars: variable, flags: flag, want: "https://flag.example/v1", from: "flag --base-url"},
		"an empty variable": {file: profile, vars: map[string]string{"CHARGE_BASE_URL": ""}, want: "https://profile.example/v1", from: "profile default ("},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(tt.file).set(tt.vars)
			envs := map[string]Env{"given": w.env(), "the process's own": w.ownEnv()}
			for whose, env := range envs {
				c, err := Load(env, tt.flags)
				if err != nil {
					t.Fatal(err)
				}
				text, source := c.Value("base_url")
				if c.BaseURL != tt.want || text != tt.want || !strings.HasPrefix(source, tt.from) {
					t.Errorf("%s: got %q, %q from %q, want %q from %q", whose, c.BaseURL, text, source, tt.want, tt.from)
				}
			}
		})
	}
}

func TestEverySettingFromProfileAndEnvironment(t *testing.T) {
	values := map[string]string{
		"type": "charging_summary", "fleet": "Nord", "timezone": "Europe/Paris", "dir": "/var/reports", "timeout": "90m",
		"base_url": "http://127.0.0.1:8080/v1", "api_version": "2026-03-01", "ca_file": "/etc/ca.pem", "require_mode": "test",
		"api_key_file": "/run/key",
	}
	w := newTestEnv(t)
	text := "profiles:\n  default:\n"
	for name, value := range values {
		text += "    " + name + ": " + value + "\n"
	}
	fromFile := w.file(text).load(nil)
	for _, s := range Settings() {
		if s.Env != "" && values[s.Name] != "" {
			w.vars[s.Env] = values[s.Name]
		}
	}
	fromEnv := w.load(nil)
	for name, want := range values {
		for _, c := range []*Config{fromFile, fromEnv} {
			if text, source := c.Value(name); text != want || source == sourceDefault {
				t.Errorf("%s: got %q from %q, want %q", name, text, source, want)
			}
		}
		s, _ := Find(name)
		if _, source := fromEnv.Value(name); s.Env != "" && source != "environment "+s.Env {
			t.Errorf("%s comes from %q, want %s", name, source, s.Env)
		}
	}
}

func TestScalarsStayAsWritten(t *testing.T) {
	c := newTestEnv(t).file("profiles:\n  default:\n    api_version: 2026-03-01\n    fleet: 0123\n    type: yes\n    dir: 1e3\n    timeout: 0\n    timezone: ~\n").load(nil)
	got := []string{c.APIVersion, c.Fleet, c.Type, c.Dir, c.Timeout, c.Timezone}
	if diff := cmp.Diff([]string{"2026-03-01", "0123", "yes", "1e3", "0", "UTC"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestPathsOfAProfile(t *testing.T) {
	w := newTestEnv(t).file("profiles:\n  default:\n    dir: ~/reports\n    ca_file: ca.pem\n    api_key_file: ~/key\n")
	c := w.load(nil)
	keyFile, _ := c.Value("api_key_file")
	got := []string{c.Dir, c.CAFile, keyFile}
	want := []string{filepath.Join(w.home, "reports"), filepath.Join(filepath.Dir(w.path()), "ca.pem"), filepath.Join(w.home, "key")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestChoosingAProfile(t *testing.T) {
	const file = "default_profile: a.b\nprofiles:\n  Acme: {fleet: acme}\n  a.b: {fleet: dotted}\n  a: {b: {fleet: nested}}\n  empty:\n  base: &base {fleet: base}\n  merged: {<<: *base}\n  alias: *base\n"
	tests := map[string]struct {
		flag, variable string
		profile, fleet string
		err            string
	}{
		"the file's default":    {profile: "a.b", fleet: "dotted"},
		"variable, any case":    {variable: "ACME", profile: "Acme", fleet: "acme"},
		"flag over variable":    {flag: "a.b", variable: "acme", profile: "a.b", fleet: "dotted"},
		"empty profile":         {flag: "empty", profile: "empty"},
		"merge key":             {flag: "merged", profile: "merged", fleet: "base"},
		"alias":                 {flag: "alias", profile: "alias", fleet: "base"},
		"unknown":               {flag: "acmee", err: `there is no profile "acmee"`},
		"unknown names nearest": {flag: "acmee", err: `did you mean "Acme"?`},
		"unknown names all":     {variable: "zzzzzz", err: "there are Acme, a, a.b, alias, base, empty, merged"},
		"unknown says who":      {variable: "zzzzzz", err: "environment CHARGE_PROFILE"},
		"not a name":            {flag: "a\x1fb", err: "flag --profile"},
		"a key":                 {flag: testKey, err: "an API key cannot name a profile"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(file).set(map[string]string{"CHARGE_PROFILE": tt.variable})
			var flags *pflag.FlagSet
			if tt.flag != "" {
				flags = given("profile", tt.flag)
			}
			c, err := Load(w.env(), flags)
			if tt.err != "" {
				wantError(t, err, charge.KindUsage, tt.err)
				return
			}
			if err != nil || c.Profile != tt.profile || c.Fleet != tt.fleet {
				t.Errorf("got %+v, %v, want profile %q with fleet %q", c, err, tt.profile, tt.fleet)
			}
		})
	}
}

func TestBrokenFilesAreNamed(t *testing.T) {
	tests := map[string]struct {
		file string
		want []string // besides the path
	}{
		"not YAML":             {"profiles:\n  a: [1\n  b: 2\n", []string{":1: ", "a [ is not closed"}},
		"a tab":                {"profiles:\n\ta: 1\n", []string{":2: "}},
		"a lone key":           {testKey + "\n", []string{":1: ", "name: value"}},
		"a list":               {"- a\n", []string{":1: "}},
		"two documents":        {"profiles:\n---\nprofiles:\n", []string{"second document"}},
		"unknown anchor":       {"profiles: *x\n", []string{"unknown anchor"}},
		"a tab to indent":      {"profiles:\n  default:\n\ttype: x\n", []string{":3: line 3 holds a tab: indent it with spaces"}},
		"open brace":           {"profiles:\n  default: {type: x\n", []string{"a { is not closed"}},
		"two colons":           {"profiles:\n  default:\n    type: a: b\n", []string{":3: there is a colon too many"}},
		"half a quote":         {"profiles:\n  default:\n    type: \"a\n", []string{":3: a quote is not closed"}},
		"at sign":              {"profiles:\n  default:\n    type: @a\n", []string{":3: a value begins with a character that needs quotes"}},
		"indented":             {"profiles:\n  default:\n    type: a\n   fleet: b\n", []string{"not indented like its neighbours"}},
		"a loop":               {"profiles: &p\n  a: *p\n", []string{"contains itself"}},
		"profiles as text":     {"# x\nprofiles: acme\n", []string{":2: ", "profiles"}},
		"profile as text":      {"profiles:\n  acme: x\n", []string{":2: ", `"acme"`}},
		"profile twice":        {"profiles:\n  acme: {}\n  ACME: {}\n", []string{":3: ", `"ACME"`, `"acme"`}},
		"setting twice":        {"profiles:\n  acme:\n    fleet: a\n    Fleet: b\n", []string{":4: ", `"Fleet"`}},
		"key setting twice":    {"profiles:\n  " + testKey + ": {}\n  " + testKey + ": {}\n", []string{":3: "}},
		"profiles twice":       {"profiles: {}\nProfiles: {}\n", []string{":2: "}},
		"profile without name": {"profiles:\n  '': {}\n", []string{":2: "}},
		"a list as a name":     {"profiles:\n  [a, b]: {}\n", []string{":2: "}},
		"wrong type":           {"profiles:\n  default:\n    fleet: [a]\n", []string{":3: fleet: "}},
		"binary":               {"profiles:\n  default:\n    fleet: !!binary iQ==\n", []string{":3: fleet: "}},
		"nested value":         {"profiles:\n  default:\n    fleet: {a: b}\n", []string{":3: fleet: "}},
		"timeout":              {"profiles:\n  default:\n    timeout: 30\n", []string{":3: timeout: ", `"30"`, "90m"}},
		"negative timeout":     {"profiles:\n  default:\n    timeout: -1h\n", []string{":3: timeout: "}},
		"base URL":             {"profiles:\n  default:\n    base_url: api.example\n", []string{":3: base_url: ", "https://HOST"}},
		"plain HTTP":           {"profiles:\n  default:\n    base_url: http://api.example/v1\n", []string{":3: ", "https"}},
		"require_mode":         {"profiles:\n  default:\n    require_mode: prod\n", []string{":3: ", "test or live"}},
		"keyring":              {"profiles:\n  default:\n    keyring: maybe\n", []string{":3: ", "true or false"}},
		"keyring as a key":     {"profiles:\n  default:\n    keyring: " + testKey + "\n", []string{":3: keyring: "}},
		"control characters":   {"profiles:\n  default:\n    type: \"a\\eb\"\n", []string{":3: type: "}},
		"merged value":         {"x: &x {timeout: soon}\nprofiles:\n  default:\n    <<: *x\n", []string{":3: timeout: "}},
		"command":              {"profiles:\n  default:\n    api_key_command: [pass, {a: b}]\n", []string{":3: api_key_command: "}},
		"open quote":           {"profiles:\n  default:\n    api_key_command: pass 'x\n", []string{":3: api_key_command: "}},
		"profile for profiles": {"default_profile: acme\nprofile:\n  acme: {}\n", []string{"has none", `:2: "profile" is not a setting (did you mean "profiles"?)`}},
		"default_profile":      {"default_profile: acme\nprofiles: {other: {}}\n", []string{`"acme"`, "other"}},
		"too large":            {strings.Repeat("#", maxFile+1), []string{"larger"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(tt.file)
			_, err := Load(w.env(), nil)
			wantError(t, err, charge.KindUsage, append(tt.want, w.path())...)
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q has more than one line", err)
			}
			if path, err := Locate(w.env(), nil); err != nil || path != w.path() {
				t.Errorf("Locate = %q, %v", path, err)
			}
		})
	}
}

func TestAnotherProfilesValuesDoNotMatter(t *testing.T) {
	c := newTestEnv(t).file("profiles:\n  default: {fleet: a}\n  other: {timeout: soon}\n").load(nil)
	if c.Fleet != "a" {
		t.Errorf("fleet %+v", c.Fleet)
	}
}

func TestWrongVariablesAndFlagsAreNamed(t *testing.T) {
	tests := map[string]struct {
		vars  map[string]string
		flags *pflag.FlagSet
		want  string
	}{
		"timeout":         {vars: map[string]string{"CHARGE_TIMEOUT": "soon"}, want: `environment CHARGE_TIMEOUT: "soon"`},
		"base URL":        {vars: map[string]string{"CHARGE_BASE_URL": "ftp://x"}, want: "environment CHARGE_BASE_URL: "},
		"flag":            {flags: given("base-url", ""), want: "flag --base-url: "},
		"version":         {vars: map[string]string{"CHARGE_API_VERSION": "a\r\nX: y"}, want: "environment CHARGE_API_VERSION: "},
		"missing file":    {vars: map[string]string{"CHARGE_CONFIG": "/nonexistent/c.yaml"}, want: "environment CHARGE_CONFIG: "},
		"missing flag":    {flags: given("config", "/nonexistent/c.yaml"), want: "flag --config: "},
		"empty flag":      {flags: given("config", ""), want: "--config needs"},
		"a folder":        {flags: given("config", "/"), want: "directory"},
		"empty profile":   {flags: given("profile", ""), want: "flag --profile: "},
		"no such profile": {flags: given("profile", "acme"), want: `there is no profile "acme"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Load(newTestEnv(t).set(tt.vars).env(), tt.flags)
			wantError(t, err, charge.KindUsage, tt.want)
		})
	}
}

func TestUnknownNamesAreNotices(t *testing.T) {
	w := newTestEnv(t).file("colour: red\ntype: x\nprofiles:\n  default:\n    time-zone: UTC\n    fleeet: a\n    xyzzy: 1\n")
	want := []string{
		w.path() + `:1: "colour" is not a setting`,
		w.path() + `:2: "type" is a setting of a profile: it belongs under profiles: default:`,
		w.path() + `:5: "time-zone" is not a setting of a profile (did you mean "timezone"?)`,
		w.path() + `:6: "fleeet" is not a setting of a profile (did you mean "fleet"?)`,
		w.path() + `:7: "xyzzy" is not a setting of a profile`,
	}
	if diff := cmp.Diff(want, w.load(nil).Notices); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutHome(t *testing.T) {
	w := newTestEnv(t).set(map[string]string{"CHARGE_API_KEY": testKey})
	w.home = ""
	c := w.load(nil)
	if c.Path != "" || len(c.Notices) != 0 {
		t.Errorf("path %q, notices %q", c.Path, c.Notices)
	}
	if asked := w.load(given("profile", "default")).Notices; len(asked) != 1 || !strings.Contains(asked[0], "profiles are off: there is no place") {
		t.Errorf("a profile was asked for, notices %q", asked)
	}
	_, err := Load(w.env(), given("profile", "acme"))
	wantError(t, err, charge.KindUsage, `flag --profile: there is no profile "acme"`, "HOME")
	if got := c.FromEnvironment("api_key"); got != testKey {
		t.Errorf("api_key %q", got)
	}
	_, err = Locate(w.env(), nil)
	wantError(t, err, charge.KindUsage, "HOME", "CHARGE_CONFIG")
	_, err = Set(t.Context(), w.env(), nil, "timezone", "UTC")
	wantError(t, err, charge.KindUsage, "HOME")
	_, err = Load(w.set(map[string]string{"CHARGE_DIR": "~/x"}).env(), nil)
	wantError(t, err, charge.KindUsage, "CHARGE_DIR", "home")
}

func TestHomeThatIsNoFolder(t *testing.T) {
	w := newTestEnv(t)
	w.home = filepath.Join(w.home, "file")
	if err := os.WriteFile(w.home, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if c := w.load(nil); len(c.Notices) != 1 || !strings.Contains(c.Notices[0], w.home) {
		t.Errorf("notices %q", c.Notices)
	}
}

func TestLocate(t *testing.T) {
	w := newTestEnv(t)
	tests := map[string]struct {
		vars  map[string]string
		flags *pflag.FlagSet
		goos  string
		want  string
	}{
		"home":              {want: w.path()},
		"XDG":               {vars: map[string]string{"XDG_CONFIG_HOME": "/xdg"}, want: "/xdg/chargectl/config.yaml"},
		"relative XDG":      {vars: map[string]string{"XDG_CONFIG_HOME": "xdg"}, want: w.path()},
		"variable":          {vars: map[string]string{"XDG_CONFIG_HOME": "/xdg", "CHARGE_CONFIG": "/c.yaml"}, want: "/c.yaml"},
		"variable in home":  {vars: map[string]string{"CHARGE_CONFIG": "~/c.yaml"}, want: filepath.Join(w.home, "c.yaml")},
		"flag":              {vars: map[string]string{"CHARGE_CONFIG": "/c.yaml"}, flags: given("config", "/f.yaml"), want: "/f.yaml"},
		"Windows":           {goos: "windows", vars: map[string]string{"APPDATA": "/appdata", "XDG_CONFIG_HOME": "/xdg"}, want: "/appdata/chargectl/config.yaml"},
		"Windows, no place": {goos: "windows"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			env := (&testEnv{t: t, home: w.home, vars: tt.vars}).env()
			if tt.goos != "" {
				env.GOOS = tt.goos
			}
			got, err := Locate(env, tt.flags)
			if filepath.ToSlash(got) != filepath.ToSlash(tt.want) || (err == nil) != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestFind(t *testing.T) {
	if s, err := Find("API_Key"); err != nil || s.Name != "api_key" || !s.Secret {
		t.Errorf("%+v, %v", s, err)
	}
	_, err := Find("timezome")
	wantError(t, err, charge.KindUsage, `"timezome"`, `"timezone"`)
}

func TestFileModes(t *testing.T) {
	const written = marker + "\n"
	const secret = "profiles:\n  default:\n    api_key: " + testKey + "\n"
	const runs = "profiles:\n  other:\n    api_key_command: pass x\n"
	tests := map[string]struct {
		file   string
		mode   os.FileMode
		after  os.FileMode
		goos   string
		notice string
		err    string
	}{
		"ours, private":              {file: written + secret, mode: 0o600, after: 0o600},
		"ours, loosened":             {file: written, mode: 0o644, after: 0o600, notice: "was 0644; it is 0600 again"},
		"theirs with a key":          {file: secret, mode: 0o640, after: 0o640, notice: "chmod 600"},
		"theirs without":             {file: "profiles: {}\n", mode: 0o666, after: 0o666},
		"command, writable":          {file: runs, mode: 0o620, after: 0o620, err: "chmod go-w"},
		"ours, command, writable":    {file: written + runs, mode: 0o602, after: 0o602, err: "0602"},
		"command, readable":          {file: runs, mode: 0o644, after: 0o644},
		"Windows keeps no such bits": {file: runs, mode: 0o666, after: 0o666, goos: "windows"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(tt.file)
			if err := os.Chmod(w.path(), tt.mode); err != nil {
				t.Fatal(err)
			}
			env := w.env()
			if tt.goos != "" {
				env.GOOS = tt.goos
			}
			c, err := Load(env, given("config", w.path()))
			if got := w.mode(w.path()); got != tt.after {
				t.Errorf("mode %04o, want %04o", got, tt.after)
			}
			if tt.err != "" {
				wantError(t, err, charge.KindUsage, tt.err, w.path())
				return
			}
			if err != nil || !strings.Contains(strings.Join(c.Notices, "\n"), tt.notice) || (tt.notice == "") != (len(c.Notices) == 0) {
				t.Errorf("%v, notices %q, want %q", err, c.Notices, tt.notice)
			}
		})
	}
}

func TestTheDefaultProfileNeedsNoEntry(t *testing.T) {
	if c := newTestEnv(t).load(given("profile", "Default")); c.Profile != "Default" {
		t.Errorf("profile %+v", c.Profile)
	}
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{
		"", "# only a comment\n", "profiles:\n  a.b: {fleet: x}\n", "profiles: &p {a: *p}", "a: &a [*a]\n", "? [x]\n: y\n", "~\n", "---\n...\n---\n",
		"default_profile: A\nprofiles: {a: {api_key_command: [x, 'y z'], keyring: true}}\n", "profiles:\n  default:\n    <<: {timeout: 1h}\n",
		"profiles:\n  null: {api_version: 2026-03-01}\n", "\xef\xbb\xbfprofiles:\r\n  x:\r\n", "profiles: {default: {api_key: " + testKey + "}}",
	} {
		f.Add([]byte(seed))
	}
	w := &testEnv{home: "/home/nobody", vars: map[string]string{}}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := parse("config.yaml", data)
		if err != nil {
			wantError(t, err, charge.KindUsage, "config.yaml")
			return
		}
		c, err := begin(w.env(), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.file = doc
		if err := c.choose(); err != nil {
			wantError(t, err, charge.KindUsage)
		} else if err := c.settle(); err != nil {
			wantError(t, err, charge.KindUsage, "config.yaml")
		}
		_ = doc.unknown()
		for _, p := range doc.profiles {
			upper := strings.ToUpper(p.name)
			if got := doc.profile(upper); fold(upper) == fold(p.name) && got != p {
				t.Errorf("profile %q is not found in upper case", p.name)
			}
			said, err := p.settings(w.env())
			if words, ok := said[settingAPIKeyCommand].([]string); ok && (err != nil || len(words) == 0 || words[0] == "") {
				t.Errorf("an accepted command has no program: %q", words)
			}
		}
	})
}

func TestWhereAValueComesFrom(t *testing.T) {
	w := newTestEnv(t).file("profiles:\n  default:\n    timezone: Mars/Base\n    api_key_file: key\n").set(map[string]string{"CHARGE_API_KEY": testKey})
	c := w.load(nil)
	cause := errors.New("no such zone")
	wantError(t, c.Wrong("timezone", cause), charge.KindUsage, w.path()+":3: timezone: no such zone")
	if !c.Chosen("timezone") || c.Chosen("dir") {
		t.Error("timezone is the one that was chosen")
	}
	if c.FromProfile("api_key_file") != filepath.Join(filepath.Dir(w.path()), "key") || c.FromEnvironment("api_key_file") != "" {
		t.Errorf("api_key_file %q, %q", c.FromProfile("api_key_file"), c.FromEnvironment("api_key_file"))
	}
	if c.FromProfile("api_key") != "" || c.FromEnvironment("api_key") != testKey {
		t.Error("api_key is the environment's")
	}
	c = w.set(map[string]string{"CHARGE_TIMEZONE": "Mars/Base"}).load(nil)
	wantError(t, c.Wrong("timezone", cause), charge.KindUsage, "environment CHARGE_TIMEZONE: no such zone")
	if !c.Chosen("timezone") {
		t.Error("the variable does not count as chosen")
	}
}

func TestVersionToSend(t *testing.T) {
	for set, want := range map[string]string{"": "2026-03-01", "2025-11-01": "2025-11-01", "account": ""} {
		if got := newTestEnv(t).set(map[string]string{"CHARGE_API_VERSION": set}).load(nil).APIVersion; got != want {
			t.Errorf("%q: %q, want %q", set, got, want)
		}
	}
	for _, set := range []string{"Account", "2026-13-01", "v2", "2026-03-01 "} {
		_, err := Load(newTestEnv(t).set(map[string]string{"CHARGE_API_VERSION": set}).env(), nil)
		wantError(t, err, charge.KindUsage, "environment CHARGE_API_VERSION: ", "2026-03-01, or account")
	}
}
