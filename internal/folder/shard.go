package folder

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Shard is the K-th of N parts of a plan. The zero Shard is the whole plan.
type Shard struct{ K, N uint64 }

// ParseShard reads K/N. Errors are KindUsage: no two numbers, or K not from 1 to N.
func ParseShard(text string) (Shard, error) {
	k, n, _ := strings.Cut(text, "/")
	var s Shard
	var err error
	if s.K, err = strconv.ParseUint(k, 10, 31); err == nil {
		s.N, err = strconv.ParseUint(n, 10, 31)
	}
	if err != nil {
		return Shard{}, charge.Usagef("%q is not K/N, such as 1/16", text)
	}
	if s.K < 1 || s.K > s.N {
		return Shard{}, charge.Usagef("%q: shards count from 1 to N, and an index that begins at 0 needs 1 more", text)
	}
	return s, nil
}

// String is K/N, empty for the whole plan.
func (s Shard) String() string { return s.join("/") }

// Label is String in a form that is fit for the name of a file.
func (s Shard) Label() string { return s.join("-of-") }

func (s Shard) join(between string) string {
	if s.N == 0 {
		return ""
	}
	return strconv.FormatUint(s.K, 10) + between + strconv.FormatUint(s.N, 10)
}

// Has reports whether a fleet's items are of this shard; the whole account counts as a fleet without an id. It goes by
// the id alone: the first 32 bits of its SHA-256, modulo N. This is documented, and may never change: it would move
// fleets between jobs that run.
func (s Shard) Has(fleet string) bool {
	sum := sha256.Sum256([]byte(fleet))
	return s.N == 0 || uint64(binary.BigEndian.Uint32(sum[:]))%s.N == s.K-1
}

// ShardScopes are the scopes of the plan's shard.
func (o PlanOptions) ShardScopes() []Scope {
	return slices.DeleteFunc(slices.Clone(o.Scopes), func(s Scope) bool { return !o.Shard.Has(s.Fleet.ID) })
}
