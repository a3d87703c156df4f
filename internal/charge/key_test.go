package charge

import (
	"testing"
	"time"
)

func TestModeOf(t *testing.T) {
	for key, want := range map[string]Mode{
		"ch_sk_test_abc": Test, "ch_sk_live_abc": Live, "ch_rk_live_abc": Live,
		"ch_sk_abc": UnknownMode, "sk_test_abc": UnknownMode, "": UnknownMode,
	} {
		if got := ModeOf(key); got != want {
			t.Errorf("%q: %s, want %s", key, got, want)
		}
	}
}

// aprilBody is what docs/sync.md computes its key of.
const aprilBody = `{"parameters":{"period_end":"2026-05-01T00:00:00.000Z","period_start":"2026-04-01T00:00:00.000Z","type":"charging_summary"}}`

// TestDerivedKey holds the key to what any machine with a shell computes:
//
//	printf '%s\n' test https://api.chargeapi.co 1 '{"parameters":…}' | sha256sum
func TestDerivedKey(t *testing.T) {
	april := Request{
		Type:  "charging_summary",
		Start: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}
	body, err := april.Body()
	if err != nil || string(body) != aprilBody {
		t.Fatalf("%s, %v", body, err)
	}
	const want = "chargectl-1-418ebdd6ff54675ccaf8bbf68bf4d60cd06622e06d780e09aed0a6cf5f9d888a"
	if got := DerivedKey(Test, "https://api.chargeapi.co", 1, "", body); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDerivedKeysDiffer(t *testing.T) {
	const origin = "https://api.chargeapi.co"
	keys := map[string]string{}
	for name, key := range map[string]string{
		"first":          DerivedKey(Test, origin, 1, "", []byte(aprilBody)),
		"another mode":   DerivedKey(Live, origin, 1, "", []byte(aprilBody)),
		"another origin": DerivedKey(Test, "http://127.0.0.1:8080", 1, "", []byte(aprilBody)),
		"second attempt": DerivedKey(Test, origin, 2, "", []byte(aprilBody)),
		"dated":          DerivedKey(Test, origin, 1, "2026-05-02", []byte(aprilBody)),
		"the day after":  DerivedKey(Test, origin, 1, "2026-05-03", []byte(aprilBody)),
		"another body":   DerivedKey(Test, origin, 1, "", []byte(`{}`)),
	} {
		if other, taken := keys[key]; taken {
			t.Errorf("%s and %s have the same key", name, other)
		}
		keys[key] = name
		if len(key) != len("chargectl-1-")+64 {
			t.Errorf("%s: %s", name, key)
		}
	}
}
