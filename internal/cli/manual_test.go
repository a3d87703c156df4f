package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
)

// TestDocsManual: docs/man has a page for each command in section 1, and for each topic in section 7. They are made of what
// help is made of.
func TestDocsManual(t *testing.T) {
	generated := t.TempDir()
	eachPage(t, func(cmd *cobra.Command) {
		write(t, filepath.Join(generated, manName(cmd)+"."+manSection(cmd)), manPage(cmd))
	})
	compareFolders(t, generated, filepath.Join(docs, "man"))
}

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

func manSection(cmd *cobra.Command) string {
	if cmd.IsAdditionalHelpTopicCommand() {
		return "7"
	}
	return "1"
}

// manPage is a page in the language of man(7).
func manPage(cmd *cobra.Command) string {
	page := `.TH "` + strings.ToUpper(manName(cmd)) + `" "` + manSection(cmd) + `" "November 2026" "chargectl" "chargectl manual"` + "\n"
	section := func(title, body string) {
		if body != "" {
			page += ".SH " + title + "\n" + body
		}
	}
	section("NAME", roff(manName(cmd))+` \- `+roff(cmd.Short)+"\n")
	if cmd.IsAdditionalHelpTopicCommand() {
		section("DESCRIPTION", roffText(details(cmd)))
	} else {
		section("SYNOPSIS", ".B "+roff(strings.TrimPrefix(usage(cmd), "Usage: "))+"\n")
		section("DESCRIPTION", roffText(opening(cmd)+"\n\n"+details(cmd)))
		section("COMMANDS", roffRows(subcommandRows(cmd)))
		section("EXAMPLES", roffExamples(cmd.Example))
		section("OPTIONS", roffFlags(cmd))
		section("EXIT STATUS", roffRows(codeRows())+".PP\nSee\n.BR chargectl\\-exit\\-codes (7).\n")
		section("ENVIRONMENT", roffRows(variableRows(cmd))+".PP\nSee\n.BR chargectl\\-environment (7).\n")
		section("FILES", roffRows(fileRows(cmd)))
	}
	section("SEE ALSO", seeAlso(cmd))
	section("REPORTING BUGS", bugsURL+"\n")
	return page
}

// roff keeps a text from being read as anything but text.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\(...`, "~", `\(ti`, "^", `\(ha`, "'", `\(aq`, "`", `\(ga`).Replace(text)
	text = strings.ReplaceAll(text, `\(...`, "...")
	if strings.HasPrefix(text, ".") {
		text = `\&` + text
	}
	return text
}

// roffText is running text with its rows and commands, as atWords reads them.
func roffText(text string) string {
	out := ""
	for line := range strings.SplitSeq(strings.Trim(text, "\n"), "\n") {
		column := lastColumn(line)
		begin, rest := strings.TrimSpace(line[:column]), line[column:]
		switch {
		case rest == "":
			out += ".PP\n"
		case column == 0:
			out += roff(rest) + "\n"
		case strings.HasPrefix(rest, "chargectl "):
			out += ".EX\n" + roff(rest) + "\n.EE\n"
		case begin != "":
			out += ".TP\n.B " + roff(begin) + "\n" + roff(rest) + "\n"
		case column > 2: // more about the row above
			out += ".br\n" + roff(rest) + "\n"
		default:
			out += ".PP\n" + roff(rest) + "\n"
		}
	}
	return strings.ReplaceAll(out, ".PP\n.PP\n", ".PP\n")
}

func roffRows(rows [][2]string) string {
	out := ""
	for _, row := range rows {
		out += ".TP\n.B " + roff(row[0]) + "\n" + roff(row[1]) + "\n"
	}
	return out
}

func roffExamples(examples string) string {
	out := ""
	for line := range strings.Lines(examples) {
		line = strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(line, "# "); ok {
			out += ".PP\n" + roff(strings.ToUpper(comment[:1])+comment[1:]) + ":\n"
			continue
		}
		out += ".PP\n.EX\n    " + roff(line) + "\n.EE\n"
	}
	return out
}

func roffFlags(cmd *cobra.Command) string {
	out := ""
	for _, group := range flagGroups(cmd) {
		out += ".SS " + group.title + "\n"
		for _, flag := range group.flags {
			out += ".TP\n.B " + roff(flagForm(flag)) + "\n" + roff(flagMeaning(cmd, flag)) + "\n"
		}
	}
	return out
}

func subcommandRows(cmd *cobra.Command) (rows [][2]string) {
	for _, sub := range subcommands(cmd) {
		if !sub.IsAdditionalHelpTopicCommand() {
			rows = append(rows, [2]string{sub.Name(), sub.Short})
		}
	}
	return rows
}

func codeRows() (rows [][2]string) {
	for _, row := range exit.Table() {
		rows = append(rows, [2]string{row.Codes, row.Meaning})
	}
	return rows
}

// variableRows are the variables that stand for a flag of the command; all of them for the program.
func variableRows(cmd *cobra.Command) (rows [][2]string) {
	for _, s := range config.Settings() {
		flag := cmd.Flags().Lookup(strings.ReplaceAll(s.Name, "_", "-"))
		if s.Env != "" && (flag != nil || !cmd.HasParent() || strings.HasPrefix(s.Name, "api_key")) {
			rows = append(rows, [2]string{s.Env, s.Help})
		}
	}
	return rows
}

// fileRows are the configuration file, and what is written beside the files of reports.
func fileRows(cmd *cobra.Command) [][2]string {
	if cmd.HasParent() && cmd.Flags().Lookup("dir") == nil {
		return filesOnDisk()[:1]
	}
	return filesOnDisk()
}

// seeAlso names the pages around this one.
func seeAlso(cmd *cobra.Command) string {
	var pages []string
	add := func(cmd *cobra.Command) { pages = append(pages, ".BR "+roff(manName(cmd))+" ("+manSection(cmd)+")") }
	if cmd.HasParent() {
		add(cmd.Parent())
	}
	for _, sub := range subcommands(cmd) {
		add(sub)
	}
	if cmd.HasParent() && !cmd.HasSubCommands() && !cmd.IsAdditionalHelpTopicCommand() {
		for _, topic := range topics() {
			page, _, _ := cmd.Root().Find([]string{topic[0]})
			add(page)
		}
	}
	return strings.Join(pages, ",\n") + "\n.PP\n" + docsURL + "\n"
}
