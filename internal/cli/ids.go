package cli

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
)

// readIDs takes ids from the arguments, or from stdin where the argument is "-": one per line, of which the first
// column counts, so that what list, create and wait print can be piped in.
// Without a key it fails before it reads: whoever writes into the pipe may take hours.
func (a *App) readIDs(ctx context.Context, cfg *config.Config, args []string) ([]string, error) {
	if len(args) != 1 || args[0] != "-" {
		return checkIDs(args)
	}
	if _, err := a.Key(ctx, cfg); err != nil {
		return nil, err
	}
	var ids []string
	lines, n := bufio.NewScanner(a.streams.In), 0
	for ; lines.Scan(); n++ {
		if columns := strings.Fields(lines.Text()); len(columns) > 0 {
			ids = append(ids, columns[0])
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, charge.Usagef("line %d of standard input is longer than %d bytes: give one id per line", n+1, bufio.MaxScanTokenSize)
	case err != nil:
		return nil, charge.Usagef("read ids from standard input: %w", err)
	}
	return checkIDs(ids)
}

// checkIDs returns the ids without repeats, or a usage error for the first that is not a report's.
func checkIDs(ids []string) ([]string, error) {
	seen := map[string]bool{}
	var unique []string
	for _, id := range ids {
		if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
			return nil, err
		}
		if !seen[id] {
			seen[id], unique = true, append(unique, id)
		}
	}
	return unique, nil
}

// readNames takes the names of files from a file, or from stdin where it is "-": one a line, whole but for the end of the
// line, which may be CRLF. A list that cannot be read is KindUsage: what it has would be asked for again.
func (a *App) readNames(file string) ([]string, error) {
	from, what := io.Reader(a.streams.In), "standard input"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, charge.Usagef("read the list of --have: %w", err)
		}
		defer f.Close()
		from, what = f, file
	}
	var names []string
	lines, n := bufio.NewScanner(from), 0
	for ; lines.Scan(); n++ {
		if name := lines.Text(); strings.TrimSpace(name) != "" {
			names = append(names, name)
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, charge.Usagef("line %d of %s is longer than %d bytes: give one name per line", n+1, what, bufio.MaxScanTokenSize)
	case err != nil:
		return nil, charge.Usagef("read the list of --have: %w", err)
	}
	return names, nil
}
