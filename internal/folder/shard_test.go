package folder

import (
	"fmt"
	"testing"
)

// TestShardsAreThePlan has every fleet in exactly one shard of each number of them, and shards of much the same size.
func TestShardsAreThePlan(t *testing.T) {
	const fleets = 10_000
	for _, n := range []uint64{1, 2, 3, 7, 16, 100} {
		sizes := make([]int, n)
		for i := range fleets {
			in := 0
			for k := range n {
				if (Shard{K: k + 1, N: n}).Has(fmt.Sprintf("flt_%06d", i)) {
					sizes[k]++
					in++
				}
			}
			if in != 1 {
				t.Fatalf("fleet %d is in %d of %d shards", i, in, n)
			}
		}
		for k, size := range sizes {
			if mean := fleets / int(n); size < mean*6/10 || size > mean*14/10 {
				t.Errorf("shard %d of %d has %d fleets, the mean is %d", k+1, n, size, mean)
			}
		}
	}
}

func TestShardStaysWhereItIs(t *testing.T) {
	for fleet, k := range map[string]uint64{"": 3, "flt_1": 2, "flt_4": 1, "flt_5": 3} {
		if !(Shard{K: k, N: 3}).Has(fleet) {
			t.Errorf("%q has left shard %d", fleet, k)
		}
	}
	if s := (Shard{}); !s.Has("flt_1") || s.String() != "" || s.Label() != "" {
		t.Error("no shard is not the whole plan")
	}
}
