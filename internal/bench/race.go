package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// contender is what one side of a row runs: its commands, one after the other, as whole processes.
type contender struct {
	commands [][]string // in the arguments DIR stands for a fresh folder
	env      []string
	stdin    string // a file; empty for none
	leaves   int    // files in DIR when it is done
}

// once runs a contender in a fresh folder, and gives the time that its processes took.
func (l *lab) once(ctx context.Context, c contender) (wall time.Duration, err error) {
	dir, err := os.MkdirTemp(l.dir, "run")
	if err != nil {
		return wall, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	said, err := os.Create(filepath.Join(l.dir, "stderr"))
	if err != nil {
		return wall, err
	}
	defer said.Close()
	for _, command := range c.commands {
		args := slices.Clone(command)
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "DIR", dir)
		}
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Env, cmd.Stderr = slices.Concat(l.env, c.env), said
		if c.stdin != "" {
			in, err := os.Open(c.stdin)
			if err != nil {
				return wall, err
			}
			defer in.Close()
			cmd.Stdin = in
		}
		began := time.Now()
		err := cmd.Run()
		wall += time.Since(began)
		if err != nil {
			text, _ := os.ReadFile(said.Name())
			return wall, fmt.Errorf("%s: %w\n%s", filepath.Base(args[0]), err, text)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "[^.]*")) // no locks
	if len(files) != c.leaves && err == nil {
		err = fmt.Errorf("%s left %d files instead of %d", filepath.Base(c.commands[0][0]), len(files), c.leaves)
	}
	return wall, err
}

// race runs two contenders in turn, so many pairs after one that is not counted, and gives the ratios of their times.
func (l *lab) race(ctx context.Context, pairs int, ours, theirs contender) (figure, spread string, err error) {
	if l.runs > 0 {
		pairs = l.runs
	}
	var ratios []float64
	for i := range pairs + 1 {
		a, err := l.once(ctx, ours)
		if err != nil {
			return "", "", err
		}
		b, err := l.once(ctx, theirs)
		if err != nil {
			return "", "", err
		}
		if i > 0 {
			ratios = append(ratios, a.Seconds()/b.Seconds())
		}
	}
	slices.Sort(ratios)
	return fmt.Sprintf("%.2f", median(ratios)), fmt.Sprintf("%.2f to %.2f", ratios[0], ratios[len(ratios)-1]), nil
}

// median is of sorted values.
func median(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
