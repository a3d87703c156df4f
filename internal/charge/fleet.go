package charge

import "encoding/json"

// Fleet is a group of vehicles with a name and a time zone (charge-api.md, Fleets).
type Fleet struct {
	ID       string
	Name     string
	Status   string
	Timezone string // IANA name, such as Europe/Paris
	Vehicles int64

	// Raw is the object byte for byte as the API sent it.
	Raw json.RawMessage
}
