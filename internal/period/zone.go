package period

import (
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// LoadZone finds a time zone by its IANA name, "UTC", or "local" for this machine's. Everything else is a usage error,
// "fleet" included: only the API knows a fleet's zone. It reads the zone data of the system or of the program.
func LoadZone(name string) (*time.Location, error) {
	switch strings.ToLower(name) {
	case "utc":
		return time.UTC, nil
	case "local":
		return time.Local, nil
	case "":
		return nil, charge.Usagef("the time zone is empty: use an IANA name such as Europe/Paris, or UTC or local")
	case "fleet":
		return nil, charge.Usagef("the time zone %q is not known here: use an IANA name such as Europe/Paris, or UTC or local", name)
	}
	zone, err := time.LoadLocation(name)
	// The zones under right/ count leap seconds, which Charge's instants do not: a day would start 27 seconds late.
	if err != nil || strings.HasPrefix(name, "right/") {
		return nil, charge.Usagef("%q is not a time zone: use an IANA name such as Europe/Paris, or UTC or local", charge.Clip(name, maxEcho))
	}
	return zone, nil
}

func zoneName(zone *time.Location) string {
	if zone == time.Local {
		return "local"
	}
	return zone.String()
}
