package config

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"
)

const (
	commandLimit = 30 * time.Second
	pipeGrace    = time.Second // for a child that holds the pipes after the command was ended
	maxOutput    = 64 << 10    // bytes kept of what a command prints
)

// splitCommand cuts text at white space; '…' and "…" keep it together, and inside "…" a backslash keeps the next " or
// backslash. Nothing else means anything: no shell sees the text, and the backslashes of Windows paths stay.
func splitCommand(text string) ([]string, error) {
	var words []string
	var s splitter
	for _, r := range text {
		if word, done := s.next(r); done {
			words = append(words, word)
		}
	}
	if s.quote != 0 || s.escaped {
		return nil, errors.New("the command has a quote that does not end")
	}
	if s.inWord {
		words = append(words, s.word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("the command is empty")
	}
	if strings.ContainsRune(text, 0) {
		return nil, errors.New("the command holds a zero byte")
	}
	return words, nil
}

type splitter struct {
	word    strings.Builder
	inWord  bool
	quote   rune
	escaped bool
}

// next takes one rune and returns the word that it ended, if any.
func (s *splitter) next(r rune) (string, bool) {
	switch {
	case s.escaped:
		s.unescape(r)
	case s.quote == '"' && r == '\\':
		s.escaped = true
	case s.quote != 0 && r == s.quote:
		s.quote = 0
	case s.quote == 0 && (r == '"' || r == '\''):
		s.quote, s.inWord = r, true
	case s.quote == 0 && strings.ContainsRune(" \t\r\n", r):
		return s.end()
	default:
		s.word.WriteRune(r)
		s.inWord = true
	}
	return "", false
}

func (s *splitter) unescape(r rune) {
	if r != '"' && r != '\\' {
		s.word.WriteByte('\\')
	}
	s.word.WriteRune(r)
	s.escaped = false
}

func (s *splitter) end() (string, bool) {
	word, was := s.word.String(), s.inWord
	s.word.Reset()
	s.inWord = false
	return word, was
}

// run is Env.Exec for real. Standard input is empty: it may carry the ids that our own command reads.
func run(ctx context.Context, argv []string) (stdout, stderr []byte, err error) {
	var out, errs capped
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = pipeGrace
	err = cmd.Run()
	return out.Bytes(), errs.Bytes(), err
}

// capped keeps the first bytes and swallows the rest, so that a talkative command neither fills memory nor stops.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	room := max(0, maxOutput-c.Len())
	_, _ = c.Buffer.Write(p[:min(room, len(p))])
	return len(p), nil
}
