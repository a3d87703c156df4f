package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// syncComplete has nothing to do, which it has to find out.
func syncComplete(ctx context.Context, l *lab) (figure, spread string, err error) {
	dir := filepath.Join(l.dir, "complete")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", "", err
	}
	sync := []string{l.chargectl, "reports", "sync", "--type", "charging_summary", "--since", "2019-01", "--until", "2025-12", "--dir", dir}
	for fleet := range 12 {
		id := fmt.Sprintf("flt_%032d", fleet)
		sync = append(sync, "--fleet", id)
		for month := range 84 {
			name := fmt.Sprintf("charging_summary_%s_%d-%02d.csv", id, 2019+month/12, month%12+1)
			if err := os.WriteFile(filepath.Join(dir, name), []byte("a line\n"), 0o644); err != nil {
				return "", "", err
			}
		}
	}
	return l.race(ctx, 60, contender{commands: [][]string{sync}}, contender{commands: [][]string{{l.chargectl, "version"}}})
}

// list is `reports list` of a hundred thousand.
func (l *lab) list(ctx context.Context, flags ...string) (contender, error) {
	if l.long == nil {
		var err error
		if l.long, err = l.newCatalogue(ctx, 100_000, small, l.origin(clear), clear); err != nil {
			return contender{}, err
		}
	}
	return contender{
		env:      []string{"CHARGE_BASE_URL=" + l.long.base},
		commands: [][]string{append([]string{l.chargectl, "reports", "list"}, flags...)},
	}, nil
}

func listTime(ctx context.Context, l *lab) (figure, spread string, err error) {
	tabs, err := l.list(ctx)
	if err != nil {
		return "", "", err
	}
	jsonl, err := l.list(ctx, "--jsonl")
	if err != nil {
		return "", "", err
	}
	return l.race(ctx, 7, tabs, jsonl)
}

func listMemory(ctx context.Context, l *lab) (figure, spread string, err error) {
	c, err := l.list(ctx, "--json")
	if err != nil {
		return "", "", err
	}
	return l.memory(ctx, 3, c)
}

// sandboxed serves a sandbox whose reports take so long, with both of its hosts behind what far puts before them, and returns
// its base URL. far gives the address to use instead of a host's own.
func (l *lab) sandboxed(ctx context.Context, takes time.Duration, far func(ctx context.Context, host string) (string, error)) (base string, err error) {
	s := sandbox.New(sandbox.Options{Seed: 1, GenerationTime: takes})
	l.stops = append(l.stops, func() error { s.Close(); return nil })
	var addr [2]string
	api, err := l.serve(ctx, s.API(), clear)
	if err != nil {
		return "", err
	}
	files, err := l.serve(ctx, s.Files(), clear)
	if err != nil {
		return "", err
	}
	for i, host := range []string{api, files} {
		if addr[i], err = far(ctx, host); err != nil {
			return "", err
		}
	}
	base = "http://" + addr[0] + "/v1"
	s.SetOrigins(base, "http://"+addr[1])
	return base, nil
}

// here is a host that is not delayed.
func here(_ context.Context, host string) (string, error) { return host, nil }

// loop is what people write who have no chargectl.
const loop = `set -e
auth="Authorization: Bearer $CHARGE_API_KEY"
id=$(curl -sSf -H "$auth" -H 'Content-Type: application/json' -H "Idempotency-Key: $$-$(date +%N)" -d "$1" "$CHARGE_BASE_URL/reports" | sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
while report=$(curl -sSf -H "$auth" "$CHARGE_BASE_URL/reports/$id"); do
  case $report in *'"status":"succeeded"'*) break ;; esac
  sleep 1
done
curl -sSf -o "$2" "$(printf '%s' "$report" | sed -n 's/.*"url":"\([^"]*\)".*/\1/p')"
`

func createToFile(ctx context.Context, l *lab) (figure, spread string, err error) {
	base, err := l.sandboxed(ctx, time.Second, l.delayed)
	if err != nil {
		return "", "", err
	}
	const body = `{"parameters":{"period_end":"2026-05-01T00:00:00.000Z","period_start":"2026-04-01T00:00:00.000Z","type":"charging_summary"}}`
	env := []string{"CHARGE_BASE_URL=" + base}
	return l.race(ctx, 11,
		contender{env: env, leaves: 1, commands: [][]string{{l.chargectl, "reports", "create", "--type", "charging_summary", "--period", "2026-04", "--download", "--dir", "DIR"}}},
		contender{env: env, leaves: 1, commands: [][]string{{"sh", "-c", loop, "sh", body, "DIR/report.csv"}}})
}

// flushes counts what a sync of one file flushes.
func flushes(ctx context.Context, l *lab) (figure, spread string, err error) {
	base, err := l.sandboxed(ctx, time.Millisecond, here)
	if err != nil {
		return "", "", err
	}
	trace := filepath.Join(l.dir, "trace")
	_, err = l.once(ctx, contender{env: []string{"CHARGE_BASE_URL=" + base}, leaves: 2, commands: [][]string{{
		"strace", "-f", "-o", trace, "-e", "trace=fsync,fdatasync", l.chargectl, "reports", "sync", "--type", "charging_summary", "--period", "2025-04", "--receipts", "--dir", "DIR",
	}}})
	if err != nil {
		return "", "", err
	}
	text, err := os.ReadFile(trace)
	return strconv.Itoa(len(regexp.MustCompile(`f(data)?sync\(`).FindAll(text, -1))), "", err
}

// simulated runs a test that simulates, and gives the numbers of each line that it logs.
func (l *lab) simulated(ctx context.Context, pkg, test, line string) (numbers [][]float64, err error) {
	if l.logs[test] == "" {
		cmd := exec.CommandContext(ctx, "go", "test", "-count=1", "-v", "-run", "^"+test+"$", pkg)
		cmd.Env = append(os.Environ(), "CHARGECTL_LONG=1")
		said, err := cmd.CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("go test -run %s %s: %w\n%s", test, pkg, err, said)
		}
		l.logs[test] = string(said)
	}
	for _, found := range regexp.MustCompile(line).FindAllStringSubmatch(l.logs[test], -1) {
		var values []float64
		for _, text := range found[1:] {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return nil, err
			}
			values = append(values, value)
		}
		numbers = append(numbers, values)
	}
	if len(numbers) == 0 {
		return nil, fmt.Errorf("go test -run %s %s logs no line %s", test, pkg, line)
	}
	slices.SortFunc(numbers, func(a, b []float64) int { return slices.Compare(a, b) })
	return numbers, nil
}

// requests counts those of a sync: a create and a file for each report, and the polls.
func requests(takes string) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (figure, spread string, err error) {
		seeds, err := l.simulated(ctx, "./internal/poll", "TestWaitingAsSyncDoes", regexp.QuoteMeta(takes)+` mean delay ([\d.]+) %, worst [\d.]+ %, ([\d.]+) polls`)
		if err != nil {
			return "", "", err
		}
		var counts, delays []float64
		for _, seed := range seeds {
			delays, counts = append(delays, seed[0]), append(counts, seed[1]+2)
		}
		slices.Sort(delays)
		slices.Sort(counts)
		return fmt.Sprintf("%.2f, delay %.1f %%", median(counts), median(delays)),
			fmt.Sprintf("%.2f to %.2f", counts[0], counts[len(counts)-1]), nil
	}
}

// makespan is how much longer than the best a sync takes under a limit of open reports.
func makespan(limit int) func(ctx context.Context, l *lab) (string, string, error) {
	return func(ctx context.Context, l *lab) (figure, spread string, err error) {
		runs, err := l.simulated(ctx, "./internal/reports", "TestAThousandReportsAtOnce", fmt.Sprintf(`limit %d: ([\d.]+) of the best`, limit))
		if err != nil {
			return "", "", err
		}
		return fmt.Sprintf("%.2f", runs[0][0]), "", nil
	}
}
