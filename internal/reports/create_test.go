package reports

import (
	"context"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// creator answers every create with its error, and ends the run meanwhile.
type creator struct {
	err error
	end context.CancelFunc
}

func (c creator) CreateReport(context.Context, []byte, string) (charge.Report, error) {
	c.end()
	return charge.Report{}, c.err
}

// A signal does not make it unknown whether the report may exist.
func TestAnInterruptedCreateKeepsWhetherItMayExist(t *testing.T) {
	for _, mayExist := range []bool{true, false} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &Service{Create: creator{&charge.Error{Kind: charge.KindTemporary, MayExist: mayExist}, cancel}}
		_, err := s.CreateReport(ctx, Order{Key: "key-1"})
		e := charge.AsError(err)
		if e.Kind != charge.KindInterrupted || e.Op != "create report" || e.MayExist != mayExist {
			t.Errorf("%+v, want MayExist %v", e, mayExist)
		}
	}
}
