package term

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is what a server may put into any string.
const hostile = "a\x1b[2J\x1b]0;t\x07b\nc\td\r\\e\x7f\u0085\u202eevil\u2066\u200b\u2028f\ufeff\x9b1mg"

func TestClean(t *testing.T) {
	for _, test := range []struct{ name, in, want string }{
		{"plain", "Flotte Nord, Zürich 東京", "Flotte Nord, Zürich 東京"},
		{"escape", "\x1b[31mred\x1b[0m", "[31mred[0m"},
		{"line ends and tabs", "a\nb\r\nc\td", "a b  c d"},
		{"DEL and C1", "a\x7fb\u009bc", "abc"},
		{"bidi", "\u202Etxt.exe\u202C \u2066x\u2069", "txt.exe x"},
		{"zero width", "pay\u200bpal\ufeff", "paypal"},
		{"separators", "a\u2028b\u2029c", "abc"},
		{"not UTF-8", "a\xffb", "a\uFFFDb"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Clean(test.in); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestField(t *testing.T) {
	if got, want := Field("a\tb\nc\\d\re\x1bf"), `a\tb\nc\\d\ref`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzClean(f *testing.F) {
	f.Add(hostile)
	f.Add("\xe2\x80")
	f.Fuzz(func(t *testing.T, s string) {
		for _, got := range []string{Clean(s), Field(s)} {
			if !utf8.ValidString(got) || strings.ContainsFunc(got, Unsafe) {
				t.Errorf("%q became %q", s, got)
			}
		}
		if again := Clean(Clean(s)); again != Clean(s) {
			t.Errorf("%q is cleaned differently the second time: %q", s, again)
		}
	})
}

func FuzzEscapeJSON(f *testing.F) {
	f.Add(hostile)
	f.Add("\U000E0041 \\u0000 \"")
	f.Fuzz(func(t *testing.T, s string) {
		text, err := json.Marshal(map[string]string{"k": s})
		if err != nil {
			t.Skip()
		}
		escaped := EscapeJSON(text)
		if strings.ContainsFunc(string(escaped), Unsafe) {
			t.Errorf("%q is not safe", escaped)
		}
		var before, after map[string]string
		if json.Unmarshal(text, &before) != nil || json.Unmarshal(escaped, &after) != nil || before["k"] != after["k"] {
			t.Errorf("%q and %q are not the same value", text, escaped)
		}
	})
}

// TestPath: a path in a pipe is the name of the file, byte for byte, as long as it is one line.
func TestPath(t *testing.T) {
	for in, want := range map[string]string{
		`C:\temp\x.csv`: `C:\temp\x.csv`, `a\b.csv`: `a\b.csv`, "a\xff\x1b b": "a\xff\x1b b", "a\nb\tc\rd\ve\ff": `a\nb\tc\rd\ve\ff`,
	} {
		if got := Path(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestBare(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[36m⠋\x1b[0m a\x1b[K": "⠋ a", "plain": "plain", "\x1b[": "", "a\x1b[12": "a12", "\x1b[?25lx": "x",
	} {
		if got := Bare(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "one": "one", "one two three": "one two|three", "a-longer-word one": "a-longer-word|one", "東京 東京 東京": "東京|東京|東京",
	} {
		if got := strings.Join(Wrap(text, 8), "|"); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
