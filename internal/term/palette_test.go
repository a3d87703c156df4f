package term

import (
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestPalette(t *testing.T) {
	env := func(pairs ...string) map[string]string {
		m := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	for _, test := range []struct {
		name, flag string
		tty        bool
		env        map[string]string
		want       Palette
	}{
		{"terminal", "auto", true, nil, true},
		{"pipe", "auto", false, nil, false},
		{"NO_COLOR", "", true, env("NO_COLOR", "1"), false},
		{"empty NO_COLOR", "", true, env("NO_COLOR", ""), true},
		{"dumb", "", true, env("TERM", "dumb"), false},
		{"forced", "", false, env("CLICOLOR_FORCE", "1"), true},
		{"not forced", "", false, env("CLICOLOR_FORCE", "0"), false},
		{"NO_COLOR beats force", "", true, env("CLICOLOR_FORCE", "1", "NO_COLOR", "1"), false},
		{"flag beats NO_COLOR", "always", false, env("NO_COLOR", "1"), true},
		{"flag beats force", "never", true, env("CLICOLOR_FORCE", "1"), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := NewPalette(test.flag, test.tty, func(name string) string { return test.env[name] })
			check(t, err)
			if got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if _, err := NewPalette("rainbow", true, func(string) string { return "" }); charge.KindOf(err) != charge.KindUsage {
		t.Errorf("an unknown mode gives %v", err)
	}
}

func TestStatusKeepsItsWord(t *testing.T) {
	for _, word := range []string{"pending", "processing", "succeeded", "failed", "ok", "warn", "fail", "archived"} {
		if got := Palette(true).Status(word, word); Bare(got) != word {
			t.Errorf("%s became %q", word, got)
		}
	}
}
