package cli

import (
	"bufio"
	"context"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/reports"
)

const maxIDLine = 64 << 10

// readIDs takes ids from the arguments, or from stdin where the argument is "-": one per line, of which the first
// column counts, so that what list, create and wait print can be piped in.
// Without a key it fails before it reads: whoever writes into the pipe may take hours.
func (a *App) readIDs(ctx context.Context, args []string) ([]string, error) {
	if len(args) != 1 || args[0] != "-" {
		return reports.CheckIDs(args)
	}
	if _, err := a.Key(ctx); err != nil {
		return nil, err
	}
	var ids []string
	lines := bufio.NewScanner(a.streams.In)
	lines.Buffer(nil, maxIDLine)
	for lines.Scan() {
		if columns := strings.Fields(lines.Text()); len(columns) > 0 {
			ids = append(ids, columns[0])
		}
	}
	if err := lines.Err(); err != nil {
		return nil, charge.Usagef("read ids from standard input: %w", err)
	}
	return reports.CheckIDs(ids)
}
