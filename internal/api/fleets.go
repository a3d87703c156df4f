package api

import (
	"context"
	"iter"
	"net/http"

	"github.com/chargectl/chargectl/internal/charge"
)

// Fleet returns one fleet (GET /fleets/{id}). An id that is none is a usage error; an answer about another fleet is
// KindTemporary.
func (c *Client) Fleet(ctx context.Context, id string) (fleet charge.Fleet, err error) {
	if err := charge.CheckID(charge.FleetPrefix, id); err != nil {
		return charge.Fleet{}, err
	}
	_, err = c.do(ctx, request{op: "get fleet " + id, method: http.MethodGet, url: c.base + "/fleets/" + id,
		decode: func(a *answer) error {
			v, err := a.object()
			if err != nil {
				return err
			}
			if fleet, err = fleetOf(a, v); err != nil {
				return err
			}
			if fleet.ID != id {
				return charge.Errorf(charge.KindTemporary, "the answer is about another fleet, %s", fleet.ID)
			}
			return nil
		}})
	if err != nil {
		return charge.Fleet{}, err
	}
	return fleet, nil
}

// FleetPages lists fleets, inactive ones too, as ReportPages does reports.
func (c *Client) FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error] {
	return pages(ctx, c, "list fleets", c.base+"/fleets?limit="+pageLimit, fleetOf)
}
