package sandbox

import (
	"fmt"
	"slices"
)

type fleet struct {
	id       string
	name     string
	status   string
	market   market
	vehicles []string
}

// market is what a fleet takes from the place it is in. tariff is the price of a kWh in minor units of the currency.
type market struct {
	name, timezone, currency string
	tariff                   int64
}

// units is the unit system of a market's reports.
func (m market) units() string {
	if m.timezone == "America/New_York" {
		return "imperial"
	}
	return "metric"
}

// markets have zones that catch mistakes: offsets of half and quarter hours, a DST shift of 30 minutes, both
// hemispheres, zones without DST, and currencies without minor units.
func markets() []market {
	return []market{
		{"Lyon Livraisons", "Europe/Paris", "EUR", 45},
		{"Brooklyn Yellow Cabs", "America/New_York", "USD", 38},
		{"Lord Howe Shuttles", "Australia/Lord_Howe", "AUD", 52},
		{"Kathmandu Safa Tempo", "Asia/Kathmandu", "NPR", 1200},
		{"St. John's Harbour Vans", "America/St_Johns", "CAD", 31},
		{"Tōkyō Takuhaibin", "Asia/Tokyo", "JPY", 60},
		{"Ônibus Paulista", "America/Sao_Paulo", "BRL", 190},
		{"Chatham Island Utes", "Pacific/Chatham", "NZD", 49},
		{"Pune e-Rickshaw Co-op", "Asia/Kolkata", "INR", 1800},
		{"Berlin Stadtlogistik", "Europe/Berlin", "EUR", 53},
		{"Casablanca Messagerie", "Africa/Casablanca", "MAD", 340},
		{"London Black Cabs", "Europe/London", "GBP", 44},
	}
}

// newFleets starts with another market for every seed. From three fleets on, the last one is archived; from six on, the
// one before it is suspended.
func newFleets(o Options) []fleet {
	known := markets()
	fleets := make([]fleet, o.Fleets)
	for i := range fleets {
		place := (i + int(o.Seed%uint64(len(known)))) % len(known)
		f := fleet{id: newID(o.Seed, "flt_", i+1), market: known[place], status: "active"}
		f.name = f.market.name
		if again := i / len(known); again > 0 {
			f.name = fmt.Sprintf("%s %d", f.name, again+1)
		}
		switch last := len(fleets) - 1; {
		case i >= 2 && i == last:
			f.status = "archived"
		case i >= 4 && i == last-1:
			f.status = "suspended"
		}
		for n := range o.Vehicles {
			f.vehicles = append(f.vehicles, newID(o.Seed, "veh_", i*o.Vehicles+n+1))
		}
		fleets[i] = f
	}
	return fleets
}

func (f fleet) view() fleetObject {
	return fleetObject{
		ID: f.id, Object: "fleet", Name: f.name, Status: f.status, Timezone: f.market.timezone,
		MetricSystem: f.market.units(), TotalVehicles: len(f.vehicles),
		Preferences: fleetPreferences{ReportFrequency: "monthly", DefaultCurrency: f.market.currency},
	}
}

// covers reports whether a report of a fleet, or of the whole account when fleet is empty, includes a vehicle.
func (s *Sandbox) covers(fleet, vehicle string) bool {
	for _, f := range s.fleets {
		if (fleet == "" || fleet == f.id) && slices.Contains(f.vehicles, vehicle) {
			return true
		}
	}
	return false
}

// fleet returns a fleet by its id, nil when there is none.
func (s *Sandbox) fleet(id string) *fleet {
	i := slices.IndexFunc(s.fleets, func(f fleet) bool { return f.id == id })
	if i < 0 {
		return nil
	}
	return &s.fleets[i]
}

func (s *Sandbox) getFleet(c call) (any, *refusal) {
	if _, refused := s.parseExpand(c.URL.Query(), ""); refused != nil {
		return nil, refused
	}
	f := s.fleet(c.id)
	if f == nil {
		return nil, absent("fleet_not_found", "fleet", "no such fleet: %s", c.id)
	}
	return f.view(), nil
}

// listFleets shows the first fleet as the newest.
func (s *Sandbox) listFleets(c call) (any, *refusal) {
	q, refused := s.parseQuery(c.Request, "fleets", "", "status")
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := func(i int) fleet { return s.fleets[len(s.fleets)-1-i] }
	return s.page(q, list{
		count: len(s.fleets),
		shows: func(i int) bool { return q.wants("status", at(i).status) },
		view:  func(i int) any { return at(i).view() },
	}), nil
}
