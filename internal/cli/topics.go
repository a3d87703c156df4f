package cli

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
)

// What these texts say of a table that the program uses is made from that table: a name in braces stands for it.
var (
	//go:embed help/environment.txt
	environmentText string
	//go:embed help/exit-codes.txt
	exitCodesText string
	//go:embed help/formatting.txt
	formattingText string
	//go:embed help/periods.txt
	periodsText string
)

func topic(name, short, text string, tables ...string) *cobra.Command {
	return &cobra.Command{Use: name, Short: short, Long: strings.NewReplacer(tables...).Replace(text)}
}

// addTopics adds the help that is about no single command.
func addTopics(root *cobra.Command) {
	fields, errors := "{"+strings.Join(filename.Fields(), "} {")+"}", twoColumns(14, exit.Members())
	root.AddCommand(
		topic("environment", "Settings: variables, profiles, and their order", environmentText, "{settings}", settingList()),
		topic("exit-codes", "What the exit codes mean", exitCodesText, "{codes}", exitList(), "{order}", exit.Order()),
		topic("formatting", "What is printed, and how files are named", formattingText, "{fields}", fields, "{errors}", errors),
		periodsTopic(),
	)
}

// twoColumns are lines of a word and its meaning, which begins after so many columns.
func twoColumns(width int, rows [][2]string) string {
	lines := ""
	for _, row := range rows {
		lines += "  " + padded(row[0], width) + row[1] + "\n"
	}
	return lines
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

func settingList() string {
	var rows [][2]string
	for _, s := range config.Settings() {
		line := s.Help
		if s.Default != "" {
			line += " (default " + s.Default + ")"
		}
		if s.Env != "" {
			rows = append(rows, [2]string{s.Env, line})
		}
	}
	return twoColumns(22, rows)
}

func exitList() string {
	var rows [][2]string
	for _, row := range exit.Table() {
		meaning := row.Meaning
		if row.Again != "-" {
			meaning += " [" + row.Again + "]"
		}
		rows = append(rows, [2]string{row.Codes, hanging(meaning, 17)})
	}
	return twoColumns(15, rows)
}

// topicNow is when the examples of the periods topic are resolved: a fixed instant, so that the text never changes.
func topicNow() time.Time { return time.Date(2026, time.May, 13, 9, 30, 0, 0, time.UTC) }

func periodsTopic() *cobra.Command {
	var b strings.Builder
	for _, form := range period.Forms() {
		p, err := period.Parse(form.Example, topicNow(), time.UTC)
		if err != nil {
			continue
		}
		fmt.Fprintf(&b, "  %s %s\n  %s e.g. %s: %s to %s\n", padded(form.Syntax, 22), form.Meaning, padded("", 22),
			form.Example, brief(p.Start), brief(p.End))
	}
	return topic("periods", "How to say a period", periodsText, "{now}", topicNow().Format(time.RFC3339), "{forms}", b.String())
}

// brief is a date where t begins one.
func brief(t time.Time) string {
	if t.Equal(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
