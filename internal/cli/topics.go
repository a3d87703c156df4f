package cli

import (
	_ "embed"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/cli/doctor"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/progress"
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

// topics are the help that is about no single command: names, what they are about, and their texts.
func topics() [][3]string {
	return [][3]string{
		{"periods", "How to say a period", periodsText},
		{"formatting", "What is printed, and how files are named", formattingText},
		{"exit-codes", "What the exit codes mean", exitCodesText},
		{"environment", "Settings: variables, profiles and files, and their order", environmentText},
	}
}

const topicsTitle = "Help topics:"

func addTopics(root *cobra.Command) {
	for _, topic := range topics() {
		root.AddCommand(&cobra.Command{Use: topic[0], Short: topic[1], Long: topic[2]})
	}
}

// filled puts the tables into a text that it names. They are made only where somebody reads them.
func filled(text string) string {
	for name, table := range map[string]func() string{
		"{settings}": settingList, "{codes}": exitList, "{order}": exit.Order, "{errors}": errorList, "{fields}": fieldList,
		"{now}": func() string { return topicNow().Format(time.RFC3339) }, "{forms}": formList, "{faults}": faultList, "{topics}": topicList,
		"{files}":  func() string { return twoColumns(28, filesOnDisk()) },
		"{checks}": func() string { return twoColumns(14, doctor.Checks()) },
		"{log}":    func() string { return twoColumns(14, progress.LogKeys()) },
	} {
		if strings.Contains(text, name) {
			text = strings.ReplaceAll(text, name, table())
		}
	}
	return text
}

func topicList() string {
	var names []string
	for _, topic := range topics() {
		names = append(names, topic[0])
	}
	return listed(names)
}

func fieldList() string { return "{" + strings.Join(filename.Fields(), "} {") + "}" }

func errorList() string { return twoColumns(14, exit.Members()) }

// filesOnDisk are the files that the program writes besides those of reports, and what each is for.
func filesOnDisk() [][2]string {
	return [][2]string{
		{"chargectl/config.yaml", "settings and profiles, in $XDG_CONFIG_HOME, else ~/.config, on Windows %AppData%"},
		{"NAME.part, NAME.part.json", "a transfer under way or interrupted; the next run goes on from it and removes it"},
		{"NAME.json", "the receipt of a file, with sync --receipts"},
		{".chargectl.lock", "keeps a second sync out of the folder; it stays, empty"},
		{".chargectl.K-of-N.lock", "the same for one shard of sync --shard"},
		{".chargectl.events", "events that webhooks listen accepted"},
		{".chargectl.listen.lock", "keeps a second listener out of the folder"},
	}
}

// twoColumns are lines of a word and its meaning, which begins after so many columns.
func twoColumns(width int, rows [][2]string) string {
	lines := ""
	for _, row := range rows {
		lines += "  " + padded(row[0], width-2) + "  " + row[1] + "\n"
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
		rows = append(rows, [2]string{row.Codes, meaning})
	}
	return twoColumns(15, rows)
}

// topicNow is when the examples of the periods topic are resolved: a fixed instant, so that the text never changes.
func topicNow() time.Time { return time.Date(2026, time.May, 13, 9, 30, 0, 0, time.UTC) }

func formList() string {
	lines := ""
	for _, form := range period.Forms() {
		p, err := period.Parse(form.Example, topicNow(), time.UTC)
		if err != nil {
			continue
		}
		lines += twoColumns(24, [][2]string{
			{form.Syntax, form.Meaning}, {"", "e.g. " + form.Example + ": " + brief(p.Start) + " to " + brief(p.End)},
		})
	}
	return lines
}

// brief is a date where t begins one.
func brief(t time.Time) string {
	if t.Equal(time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())) {
		return t.Format(time.DateOnly)
	}
	return t.Format(time.RFC3339)
}
