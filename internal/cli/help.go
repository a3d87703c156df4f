package cli

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
)

// addTopics adds the help that is about no single command. Each is made from the table that the program uses.
func addTopics(root *cobra.Command) {
	root.AddCommand(
		&cobra.Command{Use: "environment", Short: "Settings: variables, profiles, and their order", Long: environmentTopic()},
		&cobra.Command{Use: "exit-codes", Short: "What the exit codes mean", Long: exitTopic()},
		&cobra.Command{Use: "formatting", Short: "What is printed, and how files are named", Long: formattingTopic()},
		&cobra.Command{Use: "periods", Short: "How to say a period", Long: periodsTopic()},
	)
}

func padded(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }

// hanging breaks a text that begins in a column into lines that a terminal shows unbroken.
func hanging(text string, column int) string {
	const width = 100
	lines, at := "", column
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len(word) > width:
			lines, at = lines+"\n"+padded("", column), column
		default:
			lines, at = lines+" ", at+1
		}
		lines, at = lines+word, at+len(word)
	}
	return lines
}

func environmentTopic() string {
	var b strings.Builder
	b.WriteString("A setting is taken from its flag, else from its variable, else from the profile in the configuration file, else\n" +
		"it is the default. `chargectl config list` shows each value with its source.\n\n")
	for _, s := range config.Settings() {
		if s.Env == "" {
			continue
		}
		line := s.Help
		if s.Default != "" {
			line += " (default " + s.Default + ")"
		}
		b.WriteString("  " + padded(s.Env, 22) + line + "\n")
	}
	b.WriteString(`
  HTTP_PROXY, HTTPS_PROXY, NO_PROXY   proxies, for the API and the file host alike
  NO_COLOR, CLICOLOR_FORCE            colour off when not empty; on, also without a terminal
  XDG_CONFIG_HOME                     where the configuration folder is

The key is looked for in CHARGE_API_KEY, CHARGE_API_KEY_FILE, then the profile's api_key_command, api_key_file,
api_key, and the keyring where the profile says so. There is no flag for it: a process list is public.
`)
	return b.String()
}

func exitTopic() string {
	var b strings.Builder
	b.WriteString("Whether the same command may be run again is said in brackets.\n\n")
	for _, row := range exit.Table() {
		meaning := row.Meaning
		if row.Again != "-" {
			meaning += " [" + row.Again + "]"
		}
		b.WriteString("  " + padded(row.Codes, 15) + hanging(meaning, 17) + "\n")
	}
	b.WriteString(`
Of several ids or items the first present of ` + exit.Order() + ` counts. After 5, 8, 9 and the signals the identical
wait, download, sync, or create with its --idempotency-key is safe to re-run and doubles nothing; the command that
continues is printed. Codes that are not in this table are final failures, but for 141: that is the shell's word for a
closed pipe, when nobody reads stdout any more.
`)
	return b.String()
}

func formattingTopic() string {
	return `Standard output is the result and nothing else; standard error is for people. Piped, each item is one stable line,
its columns separated by tabs and its times in RFC 3339. At a terminal lists are tables.

  --json            the API's objects whole: one for get and create, else one array over all pages
  --jsonl           one object per line
  --jq EXPR         a jq expression over the whole result; text is printed raw, the rest as JSON, a result per line
  --log-format json standard error as JSON lines, as it is where JSON is asked for and no terminal is behind it
  -q, --quiet       standard error carries errors only

An expression sees what --json prints: an array for list, wait and download. jq (jqlang.org) sees no
environment, files or modules here.

  chargectl reports list --jq '.[] | select(.size > 1e6) | [.id, .created] | @tsv'
  chargectl reports list --jq '.[] | "\(.id) \(.status)"'

Names of files (--name) are text with fields in braces; "/" makes folders:

  {` + strings.Join(filename.Fields(), "} {") + `}

A field that is empty takes one separator beside it along: without a fleet {type}_{fleet}_{period}.{ext} becomes
charging_summary_2026-04.csv. {period} is the shortest of year, quarter, month, week or day; else both instants.

When a command that was asked for JSON fails, the last line of standard error is one JSON object:

` + errorList()
}

func errorList() string {
	list := ""
	for _, key := range exit.Members() {
		list += "  " + padded(key[0], 14) + key[1] + "\n"
	}
	return list
}

// topicNow is when the examples of the periods topic are resolved: a fixed instant, so that the text never changes.
func topicNow() time.Time { return time.Date(2026, time.May, 13, 9, 30, 0, 0, time.UTC) }

func periodsTopic() string {
	var b strings.Builder
	fmt.Fprintf(&b, "A period is half-open: its end is not in it. It is read by the calendar of --timezone. The examples are resolved\nas of %s in UTC.\n\n", topicNow().Format(time.RFC3339))
	for _, form := range period.Forms() {
		p, err := period.Parse(form.Example, topicNow(), time.UTC)
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, "  %s %s\n  %s e.g. %s: %s to %s\n", padded(form.Syntax, 22), form.Meaning, padded("", 22),
			form.Example, brief(p.Start), brief(p.End))
	}
	return b.String()
}

// brief is a date where t begins one.
func brief(t time.Time) string {
	if t.Equal(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
