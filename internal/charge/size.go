package charge

import "fmt"

// FormatBytes prints a number of bytes for people in decimal units (SI), as file managers and drives do: 999 B, 64.6 kB.
func FormatBytes(n int64) string {
	factor, unit, decimals := unitOf(n)
	return fmt.Sprintf("%.*f %s", decimals, float64(max(0, n))/factor, unit)
}

// FormatBytesOf prints a part of a number of bytes, both in the same unit. While the part grows the text keeps its width:
// " 6.3 of 20.0 MB".
func FormatBytesOf(part, all int64) string {
	factor, unit, decimals := unitOf(all)
	total := fmt.Sprintf("%.*f", decimals, float64(max(0, all))/factor)
	return fmt.Sprintf("%*.*f of %s %s", len(total), decimals, float64(max(0, part))/factor, total, unit)
}

// unitOf is the unit that a number of bytes is shown in, how many bytes that is, and with how many decimals.
func unitOf(n int64) (factor float64, unit string, decimals int) {
	if n < 1000 {
		return 1, "B", 0
	}
	const units, rounded = "kMGTPE", 999.95 // what would be shown as 1000.0
	factor = 1000
	i := 0
	for ; float64(n)/factor >= rounded && i < len(units)-1; i++ {
		factor *= 1000
	}
	return factor, units[i:i+1] + "B", 1
}
