// Command bench measures chargectl against programs that people know, as whole processes, and prints the table of
// docs/performance.md:
//
//	go run ./internal/bench                  # every row, about eight minutes on two cores
//	go run ./internal/bench -rows '100 MB'   # some rows
//	go run ./internal/bench -write           # and put the table where it belongs
//
// A row runs both programs in turn (A B A B …), so that a machine whose speed drifts is as unfair to one as to the
// other, and gives the median of the ratios of the pairs with the least and the most of them. What both fetch comes from
// the same nginx (or, where there is none, from the same server in this process) on loopback, and is written to a folder
// in memory, where the system has one. A run that leaves other files than it should is an error, not a figure. Rows
// about waiting are counts of the seeded simulations, which are tests: bench runs those and reads what they log.
//
// It is not for profiles (go test -bench has benchmarks with allocations) and not a part of the program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures the rows that args name. The table goes to stdout, what is under way or missing to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	pattern := flags.String("rows", "", "measure only the rows whose text matches this regular `expression`")
	runs := flags.Int("runs", 0, "how often each program runs; 0 is as often as each row needs")
	dir := flags.String("dir", memory, "work in a fresh `folder` under this one; the default is in memory, where the system has it")
	write := flags.Bool("write", false, "write the table into docs/performance.md")
	if err := flags.Parse(args); err != nil {
		return err
	}
	wanted, err := regexp.Compile(*pattern)
	switch {
	case err != nil:
		return fmt.Errorf("-rows: %w", err)
	case *write && *pattern != "":
		return errors.New("-write is for the whole table: leave out -rows")
	}
	began := time.Now()
	l, err := newLab(ctx, *dir, *runs, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	var results []result
	var failed error
	for _, r := range rows() {
		if !wanted.MatchString(r.what + " " + r.against) {
			continue
		}
		if missing := l.missing(r.needs...); missing != "" {
			results = append(results, result{row: r, figure: "not measured: no " + missing})
			continue
		}
		_, _ = fmt.Fprintln(stderr, r.what, r.against, "…")
		figure, spread, err := r.measure(ctx, l)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil: // the other rows are worth having
			failed = errors.Join(failed, fmt.Errorf("%s: %w", r.what, err))
			figure = "failed"
		}
		results = append(results, result{row: r, figure: figure, spread: spread})
	}
	text := table(l, results)
	if _, err := io.WriteString(stdout, text); err != nil {
		return err
	}
	_, _ = fmt.Fprintf(stderr, "done in %s\n", time.Since(began).Round(time.Second))
	if *write {
		failed = errors.Join(failed, insert("docs/performance.md", text))
	}
	return failed
}
