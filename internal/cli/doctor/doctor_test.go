package doctor

import (
	"errors"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// Of several failures the one that has to be fixed first decides, and 5 is left for what may pass by itself.
func TestWorst(t *testing.T) {
	failed := func(kind charge.Kind) Finding { return fail("check", kind, errors.New(string(kind)), "do") }
	key, settings, folder, network := failed(charge.KindAuth), failed(charge.KindUsage), failed(charge.KindOutput), failed(charge.KindTemporary)
	for _, tc := range []struct {
		findings []Finding
		want     charge.Kind
	}{
		{[]Finding{network, folder, settings, key}, charge.KindAuth},
		{[]Finding{network, folder, settings}, charge.KindUsage},
		{[]Finding{network, folder, failed(charge.KindCertificate)}, charge.KindCertificate},
		{[]Finding{network, ok("a", "b"), folder}, charge.KindOutput},
		{[]Finding{warn("a", "b", "c"), network}, charge.KindTemporary},
	} {
		if err := Worst(tc.findings); charge.KindOf(err) != tc.want {
			t.Errorf("%v decides, want %s", err, tc.want)
		}
	}
	if err := Worst([]Finding{ok("a", "b"), warn("a", "b", "c")}); err != nil {
		t.Errorf("a warning ends with %v", err)
	}
}
