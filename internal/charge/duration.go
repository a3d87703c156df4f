package charge

import (
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/pattern"
)

// longUnits are the parts of a duration that package time has no unit for: days of 24 hours, and weeks of seven.
var longUnits = pattern.New(`(\d+(?:\.\d+)?)([dw])`)

// ParseDuration reads a duration as people write one: 30s, 90m, 1h30m, 2d, 1w or 0. A day has 24 hours. The error is of
// KindUsage.
func ParseDuration(text string) (time.Duration, error) {
	inHours := longUnits.Get().ReplaceAllStringFunc(text, func(part string) string {
		last := len(part) - 1
		hours, _ := strconv.ParseFloat(part[:last], 64)
		if hours *= 24; part[last] == 'w' {
			hours *= 7
		}
		return strconv.FormatFloat(hours, 'f', -1, 64) + "h"
	})
	d, err := time.ParseDuration(inHours)
	if err != nil {
		return 0, Usagef("%q is not a duration: write one such as 30s, 90m, 1h30m or 2d", Clip(text, maxEcho))
	}
	return d, nil
}
