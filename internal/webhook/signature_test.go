package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	stamp      = "2026-03-03T14:05:23.789Z"
	secret     = "whsec_dGhpcyBpcyBhIHNlY3JldA=="
	other      = "whsec_0123456789abcdef"
	decodedKey = "this is a secret"
)

// sign is a second reading of how events are signed.
func sign(key, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestParseSignature(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	at := time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC)
	for header, sums := range map[string]int{
		"t=" + stamp + ",v1=" + sum:                                   1,
		"v1=" + sum + ",t=" + stamp:                                   1,
		" t=" + stamp + " , v1=" + strings.ToUpper(sum) + " ":         1,
		"t=" + stamp + ",v0=x,v2=" + sum + ",v1=" + sum + ",v1=short": 1,
		"t=" + stamp + strings.Repeat(",v1="+sum, 20):                 20,
		"t=2026-03-03T15:05:23.789+01:00,v1=" + sum:                   1,
	} {
		s, err := ParseSignature(header)
		if err != nil || !s.At.Equal(at) || len(s.sums) != sums {
			t.Errorf("%q: %s, %d sums, %v", header, s.At, len(s.sums), err)
		}
	}
	for header, why := range map[string]string{
		"":                                 "has no t=",
		"v1=" + sum:                        "has no t=",
		"t=" + stamp:                       "no v1=",
		"t=" + stamp + ",v1=":              "no v1=",
		"t=" + stamp + ",v1=" + sum[1:]:    "no v1=",
		"t=" + stamp + ",v1=" + sum + "00": "no v1=",
		"t=" + stamp + ",V1=" + sum:        "no v1=",
		"t=1772546723,v1=" + sum:           "does not say once when",
		"t=,v1=" + sum:                     "does not say once when",
		"t=" + stamp + ",t=" + stamp + ",v1=" + sum:    "does not say once when",
		"t=" + stamp + strings.Repeat(",v1="+sum, 100): "longer than",
	} {
		if _, err := ParseSignature(header); charge.KindOf(err) != charge.KindOutput || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %s", header, err, why)
		}
	}
}

func TestSignaturesAreFreshBothWays(t *testing.T) {
	s := Signature{At: time.Date(2026, 3, 3, 14, 0, 0, 0, time.UTC)}
	for off, want := range map[time.Duration]string{
		0: "", 5 * time.Minute: "", -5 * time.Minute: "",
		5*time.Minute + 1:          "signed 5m0s ago, and 5m0s are tolerated",
		-5*time.Minute - 1:         "signed 5m0s in the future, and 5m0s are tolerated",
		100 * 365 * 24 * time.Hour: "ago", -100 * 365 * 24 * time.Hour: "in the future",
	} {
		err := s.Fresh(s.At.Add(off), 5*time.Minute)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", off, err, want)
		}
	}
}

// TestDerivations: which of three keys a secret stands for is not documented, so each is tried, in an order that is.
func TestDerivations(t *testing.T) {
	const body = `{"a":1}`
	for name, c := range map[string]struct {
		key  string
		want Key
	}{
		"whole":                    {secret, Key{Derivation: Whole}},
		"without its prefix":       {strings.TrimPrefix(secret, "whsec_"), Key{Derivation: Bare}},
		"decoded":                  {decodedKey, Key{Derivation: Decoded}},
		"the second secret, whole": {other, Key{Derivation: Whole, Secret: 1}},
		"the second one's prefix":  {strings.TrimPrefix(other, "whsec_"), Key{Derivation: Bare, Secret: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			wrong := sign("wrong", stamp, body)
			s, err := ParseSignature("t=" + stamp + ",v1=" + wrong + ",v1=" + sign(c.key, stamp, body) + ",v1=" + wrong)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Match(Keys([]string{secret, other}), []byte(body))
			got.bytes = nil
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(Key{})); err != nil || diff != "" {
				t.Errorf("%v, -want +got:\n%s", err, diff)
			}
			if _, err := s.Match(Keys([]string{secret, other}), []byte(body+" ")); charge.KindOf(err) != charge.KindOutput {
				t.Errorf("another body: %v", err)
			}
			s.stamp = "2026-03-03T14:05:24.789Z"
			if _, err := s.Match(Keys([]string{secret, other}), []byte(body)); charge.KindOf(err) != charge.KindOutput {
				t.Errorf("another time: %v", err)
			}
		})
	}
	if _, err := (Signature{}).Match(nil, nil); err == nil {
		t.Error("no secret matched")
	}
}

// TestBase64Alphabets: the padding and the alphabet of a secret are not documented either.
func TestBase64Alphabets(t *testing.T) {
	raw := []byte{0xfb, 0xff, 0xfe, 1, 2}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		keys := Keys([]string{"whsec_" + encoding.EncodeToString(raw)})
		if last := keys[len(keys)-1]; last.Derivation != Decoded || string(last.bytes) != string(raw) {
			t.Errorf("%s: %s %x", encoding.EncodeToString(raw), last.Derivation, last.bytes)
		}
	}
	if keys := Keys([]string{"whsec_no base64!"}); len(keys) != 2 {
		t.Errorf("%d keys of a secret that is no base64, want 2", len(keys))
	}
}

// FuzzSignature: whatever a header is, what it is read as holds the bounds, and only the right sum ever matches.
func FuzzSignature(f *testing.F) {
	sum := sign(secret, stamp, "{}")
	f.Add("t="+stamp+",v1="+sum, "{}")
	f.Add("t="+stamp+",v1="+sum+",v1="+sum, "x")
	f.Add(",=,t,v1,t=,v1=", "")
	f.Fuzz(func(t *testing.T, header, body string) {
		s, err := ParseSignature(header)
		if err != nil {
			return
		}
		if len(header) > maxHeader || len(s.sums) == 0 || !strings.Contains(header, s.stamp) {
			t.Errorf("%q is read as %+v", header, s)
		}
		key, err := s.Match(Keys([]string{secret}), []byte(body))
		if err == nil && !strings.Contains(strings.ToLower(header), sign(string(key.bytes), s.stamp, body)) {
			t.Errorf("%q matches %q under %s", header, body, key.Derivation)
		}
	})
}
