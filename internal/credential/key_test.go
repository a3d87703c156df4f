package credential

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestParseKey(t *testing.T) {
	tests := map[string]bool{
		testKey: true, testKey + "\n": true, testKey + "\r\n": true, "ch_rk_live_x": true,
		"": false, "\n": false, "ch_": false, "sk_test_0123456789": false, testKey + "\n\n": false, " " + testKey: false,
		testKey + " ": false, testKey[:12] + "\x00" + testKey[12:]: false, testKey + "\x7f": false, testKey + "é": false,
		testKey + "\n" + liveKey: false, "ch_" + strings.Repeat("0123456789", 52): false,
	}
	for text, want := range tests {
		key, err := ParseKey(text)
		if want {
			if err != nil || key.Secret() != strings.TrimRight(text, "\r\n") {
				t.Errorf("%q: %q, %v", text, key.Secret(), err)
			}
			continue
		}
		wantError(t, err, charge.KindUsage)
		if key.Secret() != "" {
			t.Errorf("%q: a refused key is given out", text)
		}
	}
}

func TestKeyTellsModeAndEnd(t *testing.T) {
	tests := map[string]struct {
		mode charge.Mode
		end  string
	}{
		testKey:              {charge.Test, "WXYZ"},
		liveKey:              {charge.Live, "QRST"},
		"ch_sk_test_secret":  {charge.Test, ""},
		"ch_unheard_of_0000": {charge.UnknownMode, ""},
	}
	for text, want := range tests {
		key, err := ParseKey(text)
		if err != nil || key.Mode() != want.mode || key.Last4() != want.end {
			t.Errorf("%s: %s, %q, %v", text, key.Mode(), key.Last4(), err)
		}
	}
	if none := (Key{}); none.Secret() != "" || none.Last4() != "" {
		t.Error("no key has a secret")
	}
}

func TestKeyIsNeverPrinted(t *testing.T) {
	key, err := ParseKey(testKey)
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Shown  Key
		hidden Key
		Any    any
	}
	held := holder{key, key, &key}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", &key)
		fmt.Fprintf(&out, verb+"\n", held)
		fmt.Fprintf(&out, verb+"\n", []Key{key})
	}
	fmt.Fprintln(&out, held.hidden)
	slog.New(slog.NewTextHandler(&out, nil)).Info("m", "key", key, "held", held)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("m", "key", key, "held", held)
	encoded, err := json.Marshal(map[string]any{"key": key, "held": held, "by key": map[string]Key{"a": key}})
	if err != nil {
		t.Fatal(err)
	}
	text, err := key.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	out.Write(encoded)
	out.Write(text)
	hexed := fmt.Sprintf("%x", testKey)
	if got := out.String(); strings.Contains(got, "0123456789") || strings.Contains(strings.ToLower(got), hexed) || !strings.Contains(got, redacted) {
		t.Errorf("printed: %s", got)
	}
}

func TestDescribe(t *testing.T) {
	for secret, want := range map[string]string{testKey: "set, ends in WXYZ", "ch_sk_test_short": "set", "not a key": "set, but not a key"} {
		if got := Describe(secret); got != want {
			t.Errorf("%q: %q, want %q", secret, got, want)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	for _, seed := range []string{testKey, testKey + "\r\n", "", "ch_", "ch_\x00", "ch_ x", "CH_sk_test_x", "ch_é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err != nil {
			if charge.KindOf(err) != charge.KindUsage || len(text) > 8 && strings.Contains(err.Error(), text) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		secret := key.Secret()
		if !strings.HasPrefix(secret, "ch_") || strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("accepted %q", secret)
		}
		if again, err := ParseKey(secret); err != nil || again.Secret() != secret {
			t.Errorf("%q is not read again: %v", secret, err)
		}
	})
}
