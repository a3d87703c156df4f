package sandbox

import (
	"fmt"
	"slices"
)

type fleet struct {
	fleetObject

	tariff   int64 // the price of a kWh in minor units of the currency
	vehicles []string
}

// market is what a fleet takes from the place it is in.
type market struct {
	name, timezone, units, currency string
	tariff                          int64
}

// markets have zones that catch mistakes: offsets of half and quarter hours, a DST shift of 30 minutes, both
// hemispheres, zones without DST, and currencies without minor units.
func markets() []market {
	return []market{
		{"Lyon Livraisons", "Europe/Paris", "metric", "EUR", 45},
		{"Brooklyn Yellow Cabs", "America/New_York", "imperial", "USD", 38},
		{"Lord Howe Shuttles", "Australia/Lord_Howe", "metric", "AUD", 52},
		{"Kathmandu Safa Tempo", "Asia/Kathmandu", "metric", "NPR", 1200},
		{"St. John's Harbour Vans", "America/St_Johns", "metric", "CAD", 31},
		{"Tōkyō Takuhaibin", "Asia/Tokyo", "metric", "JPY", 60},
		{"Ônibus Paulista", "America/Sao_Paulo", "metric", "BRL", 190},
		{"Chatham Island Utes", "Pacific/Chatham", "metric", "NZD", 49},
		{"Pune e-Rickshaw Co-op", "Asia/Kolkata", "metric", "INR", 1800},
		{"Berlin Stadtlogistik", "Europe/Berlin", "metric", "EUR", 53},
		{"Casablanca Messagerie", "Africa/Casablanca", "metric", "MAD", 340},
		{"London Black Cabs", "Europe/London", "metric", "GBP", 44},
	}
}

// newFleets starts with another market for every seed. From three fleets on, the last one is archived; from six on, the
// one before it is suspended.
func newFleets(o Options) []fleet {
	known := markets()
	fleets := make([]fleet, o.Fleets)
	for i := range fleets {
		m := known[(i+int(o.Seed%uint64(len(known))))%len(known)]
		f := fleet{tariff: m.tariff, fleetObject: fleetObject{
			ID: newID(o.Seed, "flt_", i+1), Object: "fleet", Name: m.name, Status: "active", Timezone: m.timezone,
			MetricSystem: m.units, TotalVehicles: o.Vehicles,
			Preferences: fleetPreferences{ReportFrequency: "monthly", DefaultCurrency: m.currency},
		}}
		if again := i / len(known); again > 0 {
			f.Name = fmt.Sprintf("%s %d", m.name, again+1)
		}
		switch last := o.Fleets - 1; {
		case i >= 2 && i == last:
			f.Status = "archived"
		case i >= 4 && i == last-1:
			f.Status = "suspended"
		}
		for n := range o.Vehicles {
			f.vehicles = append(f.vehicles, newID(o.Seed, "veh_", i*o.Vehicles+n+1))
		}
		fleets[i] = f
	}
	return fleets
}

// fleet returns a fleet by its id, nil when there is none.
func (s *Sandbox) fleet(id string) *fleet {
	i := slices.IndexFunc(s.fleets, func(f fleet) bool { return f.ID == id })
	if i < 0 {
		return nil
	}
	return &s.fleets[i]
}

// fleetsOf returns the fleets that a report covers: the one it is about, or all for the whole account.
func (s *Sandbox) fleetsOf(id string) []fleet {
	if f := s.fleet(id); f != nil {
		return []fleet{*f}
	}
	return s.fleets
}

func noFleet(id string) *refusal { return absent("fleet_not_found", "fleet", "no such fleet: %s", id) }

func (s *Sandbox) getFleet(c call) (any, *refusal) {
	f := s.fleet(c.id)
	if f == nil {
		return nil, noFleet(c.id)
	}
	return f.fleetObject, nil
}

// listFleets shows the first fleet as the newest.
func (s *Sandbox) listFleets(c call) (any, *refusal) {
	at := func(i int) fleetObject { return s.fleets[len(s.fleets)-1-i].fleetObject }
	return s.page(c, list{
		name: "fleets", filters: []string{"status"}, count: len(s.fleets),
		shows: func(i int) bool { return c.wants("status", at(i).Status) },
		view:  func(i int) any { return at(i) },
	})
}
