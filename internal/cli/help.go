package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

const (
	pipedHelp  = 80  // columns of help where there is no terminal
	widestHelp = 100 // longer lines are hard to read
	aboutFlag  = 28  // the column in which the meaning of a flag begins
	leastAbout = 24  // columns that a meaning needs; with less it goes below
	below      = 8   // the column in which it begins there

	docsURL = "https://github.com/chargectl/chargectl/blob/main/docs/guide.md"
	bugsURL = "https://github.com/chargectl/chargectl/issues"
)

// helpWidth is how many columns help may use.
func (a *App) helpWidth() int {
	if !a.streams.OutTTY {
		return pipedHelp
	}
	return min(a.streams.Width, widestHelp)
}

// printHelp is what --help and the command help print.
func (a *App) printHelp(cmd *cobra.Command, _ []string) {
	_, _ = io.WriteString(cmd.OutOrStdout(), fullHelp(cmd, a.helpWidth())) // the stream remembers its failure
}

// printShort is what a group prints that is called alone.
func (a *App) printShort(cmd *cobra.Command) {
	width := a.helpWidth()
	more := strings.Replace(learnMore(cmd), ": ", ": "+cmd.CommandPath()+" --help\n           ", 1)
	text := sections(atWords(opening(cmd), width), examples(cmd, width), usage(cmd), atWords(subcommandList(cmd), width), more)
	_, _ = io.WriteString(cmd.OutOrStdout(), text)
}

// fullHelp is all that there is to say of a command or a topic.
func fullHelp(cmd *cobra.Command, width int) string {
	flags := ""
	for _, group := range flagGroups(cmd) {
		flags += "\n" + group.title + ":\n"
		for _, flag := range group.flags {
			flags += flagRow(cmd, flag)
		}
	}
	return sections(atWords(opening(cmd), width), usage(cmd), atWords(details(cmd), width), examples(cmd, width),
		atWords(subcommandList(cmd), width), atWords(flags, width), learnMore(cmd))
}

// sections puts an empty line between parts, and leaves out those that are empty.
func sections(parts ...string) string {
	var all []string
	for _, part := range parts {
		if part = strings.Trim(part, "\n"); part != "" {
			all = append(all, part)
		}
	}
	return strings.Join(all, "\n\n") + "\n"
}

// opening is the sentence that says what a command does.
func opening(cmd *cobra.Command) string { return cmd.Short + "." }

// details are what else there is to say, with the tables that it names.
func details(cmd *cobra.Command) string { return filled(cmd.Long) }

func usage(cmd *cobra.Command) string {
	switch {
	case cmd.IsAdditionalHelpTopicCommand():
		return ""
	case cmd.HasAvailableSubCommands():
		return "Usage: " + cmd.CommandPath() + " COMMAND"
	}
	return "Usage: " + cmd.UseLine()
}

// examples are commands to paste, each below a comment. What is too wide goes on below, as a shell reads it.
func examples(cmd *cobra.Command, width int) string {
	if cmd.Example == "" {
		return ""
	}
	lines := "Examples:\n"
	for line := range strings.SplitSeq(cmd.Example, "\n") {
		for len(line) > width {
			i := strings.LastIndex(line[:width-1], " --")
			if i < len("  chargectl") {
				break
			}
			lines, line = lines+line[:i]+" \\\n", "     "+line[i:]
		}
		lines += line + "\n"
	}
	return lines
}

// subcommandList has the commands below one under their headings, and the topics.
func subcommandList(cmd *cobra.Command) string {
	rows := map[string]string{}
	for _, sub := range subcommands(cmd) {
		heading := "Commands:"
		switch {
		case sub.IsAdditionalHelpTopicCommand():
			heading = topicsTitle
		case sub.GroupID != "":
			heading = sub.GroupID
		}
		rows[heading] += "  " + padded(sub.Name(), 14) + sub.Short + "\n"
	}
	var lists []string
	for _, heading := range []string{"Commands:", groupMain, groupSetup, topicsTitle} {
		if rows[heading] != "" {
			lists = append(lists, heading+"\n"+rows[heading])
		}
	}
	return strings.Join(lists, "\n")
}

// inUse is the annotation of a group that has its commands in the order in which people come to need them.
const inUse = "order"

// subcommands are those in this order, then all others.
func subcommands(cmd *cobra.Command) []*cobra.Command {
	order := strings.Fields(cmd.Annotations[inUse])
	place := func(sub *cobra.Command) int {
		if i := slices.Index(order, sub.Name()); i >= 0 {
			return i
		}
		return len(order)
	}
	var all []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			all = append(all, sub)
		}
	}
	slices.SortStableFunc(all, func(a, b *cobra.Command) int { return place(a) - place(b) })
	return all
}

// learnMore are the lines at the end: where to read on, and where to tell of what is wrong.
func learnMore(cmd *cobra.Command) string {
	topic := "environment"
	has := func(flag string) bool { return cmd.Flags().Lookup(flag) != nil }
	switch {
	case has("period"):
		topic = "periods"
	case has("name"), has("jq"):
		topic = "formatting"
	}
	read := "chargectl help " + topic + "\n           chargectl help exit-codes\n           "
	if cmd.IsAdditionalHelpTopicCommand() {
		read = ""
	}
	return "Read more: " + read + docsURL + "\nReport a bug: " + bugsURL
}

// flagSection is a heading with its flags.
type flagSection struct {
	title string
	flags []*pflag.Flag
}

// flagPlaces are the headings with the flags below each, by their names, wherever they are; in the order of the help.
func flagPlaces() [][2]string {
	return [][2]string{
		{"What", "type url signature fleet all-fleets vehicle group-by param status limit idempotency-key refresh recheck have settle shard verify" +
			" generation-time vehicles fleets reports size seed fault scenario restate secret-file description tolerance"},
		{"When", "period since until every start end timezone as-of catch-up"},
		{"Where", "download output dir name if-exists receipts jobs addr port files-port state log tls-cert tls-key"},
		{"Waiting", "wait no-wait timeout interval on-overlap"},
		{"Output", "json jsonl jq show-secret dry-run"},
		{globalTitle, "profile config base-url quiet debug log-format color no-color help version"},
	}
}

const globalTitle = "Global"

// flagGroups are a command's flags under their headings; required ones are the first.
func flagGroups(cmd *cobra.Command) (groups []flagSection) {
	if cmd.IsAdditionalHelpTopicCommand() {
		return nil
	}
	cmd.InheritedFlags() // brings those of the parents in
	for _, place := range flagPlaces() {
		group := flagSection{title: place[0]}
		for _, name := range strings.Fields(place[1]) {
			if flag := cmd.Flags().Lookup(name); flag != nil && !flag.Hidden {
				group.flags = append(group.flags, flag)
			}
		}
		slices.SortStableFunc(group.flags, func(a, b *pflag.Flag) int { return rank(cmd, a) - rank(cmd, b) })
		if len(group.flags) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}

// required says that the usage line names the flag.
func required(cmd *cobra.Command, flag *pflag.Flag) bool {
	return slices.Contains(strings.Fields(cmd.Use), "--"+flag.Name)
}

func rank(cmd *cobra.Command, flag *pflag.Flag) int {
	if required(cmd, flag) {
		return 0
	}
	return 1
}

// flagForm is how a flag is written: its letter, its name, and what it takes.
func flagForm(flag *pflag.Flag) string {
	form := "--" + flag.Name
	if flag.Shorthand != "" {
		form = "-" + flag.Shorthand + ", " + form
	}
	takes, _ := pflag.UnquoteUsage(flag)
	return strings.TrimSpace(form + " " + takes)
}

// flagMeaning says what a flag is for, and what it is where it is not given. The text of a flag begins with what it takes,
// in backquotes.
func flagMeaning(cmd *cobra.Command, flag *pflag.Flag) string {
	takes, text := pflag.UnquoteUsage(flag)
	meaning := strings.TrimPrefix(text, takes+" ")
	switch {
	case required(cmd, flag):
		return meaning + " (required)"
	case slices.Contains([]string{"", "false", "0", "0s", "[]"}, flag.DefValue), strings.Contains(meaning, "(default "):
		return meaning
	}
	usual := strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(flag.DefValue) // as people write durations
	return meaning + " (default " + usual + ")"
}

func flagRow(cmd *cobra.Command, flag *pflag.Flag) string {
	form := flagForm(flag)
	if flag.Shorthand == "" {
		form = "    " + form
	}
	row, meaning := "  "+padded(form, aboutFlag-4)+"  ", flagMeaning(cmd, flag)+"\n"
	if utf8.RuneCountInString(row) > aboutFlag {
		return strings.TrimRight(row, " ") + "\n" + padded("", aboutFlag) + meaning
	}
	return row + meaning
}

// atWords breaks a text at words, so that no line is wider. Lines that begin with a word are running text; lines that begin
// with spaces are rows, and what is in their last column stays in it. Commands are left whole, to be pasted.
func atWords(text string, width int) string {
	var out, running []string
	flush := func() {
		if len(running) > 0 {
			out, running = append(out, inColumn("", strings.Join(running, " "), 0, width)), nil
		}
	}
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		column := lastColumn(line)
		begin, rest := line[:column], line[column:]
		if column == 0 && rest != "" {
			running = append(running, rest)
			if strings.HasSuffix(rest, ":") {
				flush()
			}
			continue
		}
		flush()
		switch {
		case rest == "", strings.HasPrefix(rest, "chargectl "):
			out = append(out, line)
		case width-column < leastAbout:
			if begin = strings.TrimRight(begin, " "); begin != "" {
				out = append(out, begin)
			}
			out = append(out, inColumn(padded("", below), rest, below, width))
		default:
			out = append(out, inColumn(begin, rest, column, width))
		}
	}
	flush()
	return strings.Join(out, "\n") + "\n"
}

// lastColumn is where the last column of a row begins: behind the first gap in it, else where its text begins.
func lastColumn(row string) int {
	begin := len(row) - len(strings.TrimLeft(row, " "))
	first, rest, two := strings.Cut(row[begin:], "  ")
	if !two {
		return begin
	}
	return begin + len(first) + 2 + len(rest) - len(strings.TrimLeft(rest, " "))
}

// inColumn puts words behind a beginning; what does not fit goes on below, from a column on.
func inColumn(begin, text string, column, width int) string {
	lines, at, fresh := begin, utf8.RuneCountInString(begin), true
	for _, word := range strings.Fields(text) {
		wide := utf8.RuneCountInString(word)
		switch {
		case fresh:
		case at+1+wide > width:
			lines, at = lines+"\n"+padded("", column), column
		default:
			lines, at = lines+" ", at+1
		}
		lines, at, fresh = lines+word, at+wide, false
	}
	return lines
}

func padded(s string, width int) string { return fmt.Sprintf("%-*s", width, s) }

// newHelpCmd is help as a command; unlike Cobra's own it does not take a slip for a question about the whole.
func newHelpCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND…]",
		Short: "Help about a command or a topic",
		Long:  "Topics are {topics}.",
		Example: `  # all about one command
  chargectl help reports sync
  # what can be said for --period
  chargectl help periods
  # which exit code means what
  chargectl help exit-codes`,
		GroupID:           groupSetup,
		ValidArgsFunction: completeHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return app.unknownCommand(target, rest[0])
			}
			return target.Help()
		},
	}
}
