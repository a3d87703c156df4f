package cli

import (
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// durationRange is the value of a flag that takes a duration, or A..B.
type durationRange struct{ least, most time.Duration }

func (d *durationRange) String() string {
	least, most := duration(d.least), duration(d.most)
	if least == most {
		return least.String()
	}
	return least.String() + ".." + most.String()
}

func (d *durationRange) Set(text string) error {
	from, to, both := strings.Cut(text, "..")
	if !both {
		to = from
	}
	least, err := charge.ParseDuration(from)
	if err != nil {
		return err
	}
	most, err := charge.ParseDuration(to)
	if err != nil {
		return err
	}
	if most < least {
		return charge.Usagef("%s is more than %s", from, to)
	}
	*d = durationRange{least, most}
	return nil
}

func (d *durationRange) Type() string { return "duration" }

// byteCount is the value of a flag that takes a number of bytes.
type byteCount int64

func (b *byteCount) String() string { return strconv.FormatInt(int64(*b), 10) }

// Set takes bytes, or a number with kB, MB or GB (thousands) or KiB, MiB or GiB (1024s).
func (b *byteCount) Set(text string) error {
	number, factor := strings.ToUpper(text), int64(1)
	for _, unit := range []struct {
		name   string
		factor int64
	}{{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"B", 1}} {
		if before, found := strings.CutSuffix(number, unit.name); found {
			number, factor = before, unit.factor
			break
		}
	}
	const most = int64(1e12)
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
	if err != nil || n < 1 || n > most/factor {
		return charge.Usagef("%q is not a number of bytes, such as 500MB or 2GB, up to 1000GB", charge.Clip(text, 40))
	}
	*b = byteCount(n * factor)
	return nil
}

func (b *byteCount) Type() string { return "size" }
