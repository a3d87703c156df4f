package period

import (
	_ "embed"
	"strings"
)

// zones.txt has the names of the zone database that Go brings along, which itself cannot be listed. Old names of one word,
// such as CET, are left out: nobody should be led to them.
//
//go:embed zones.txt
var zoneNames string

// Zones are the IANA names that LoadZone knows on every machine, in alphabetical order.
func Zones() []string { return strings.Fields(zoneNames) }
