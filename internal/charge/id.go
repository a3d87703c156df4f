package charge

import "strings"

// The prefixes of ids that chargectl handles (charge-api.md, Transport).
const (
	ReportPrefix   = "rpt_"
	FleetPrefix    = "flt_"
	VehiclePrefix  = "veh_"
	EndpointPrefix = "wh_"
)

// CheckID returns a usage error unless id has the prefix and is safe as one path segment: only ASCII letters and
// digits after the prefix, 255 bytes at most. Ids are opaque otherwise, so their length is not checked.
func CheckID(prefix, id string) error {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok || len(id) > 255 || rest == "" || strings.ContainsFunc(rest, notAlphanumeric) {
		return Usagef("%q is not an id: it must be %s followed by letters and digits", Clip(id, maxEcho), prefix)
	}
	return nil
}

func notAlphanumeric(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
}
