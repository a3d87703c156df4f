package charge

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"timezone", "timeout", "type", "fleet"}
	for name, want := range map[string]string{
		"timezome": "timezone", "Time-Zone": "timezone", "timeuot": "timeout", "tpye": "type", "tipe": "type", "": "", "quux": "",
		"fleets": "fleet", strings.Repeat("x", 1<<20): "",
		strings.Repeat("Ⱥ", maxCompared/2): "", strings.Repeat("\xff", maxCompared): "", // lower case is longer
	} {
		if got := Nearest(name, known); got != want {
			t.Errorf("Nearest(%.20q) = %q, want %q", name, got, want)
		}
	}
}
