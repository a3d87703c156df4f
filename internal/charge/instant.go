package charge

import "time"

const instantLayout = "2006-01-02T15:04:05.000Z"

// FormatInstant prints t as the API wants it: RFC 3339, UTC, exactly three decimals (charge-api.md, Transport).
func FormatInstant(t time.Time) string { return t.UTC().Format(instantLayout) }
