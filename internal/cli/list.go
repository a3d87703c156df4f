package cli

import (
	"context"
	"fmt"
	"iter"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

// listFlags are the flags of every command that lists.
type listFlags struct{ limit int }

func (o *listFlags) addFlags(fs *pflag.FlagSet) {
	fs.IntVarP(&o.limit, "limit", "L", 0, "`N` at most this many in all, 1 or more (default all)")
}

// connect is App.Connect for a list of such items.
func (o listFlags) connect(ctx context.Context, app *App, items string) (*connection, error) {
	if o.limit < 1 && app.command.Flags().Changed("limit") {
		return nil, charge.Usagef("--limit %d: one is the least; leave it out for all %s", o.limit, items)
	}
	return app.Connect(ctx)
}

// nothing is what a list says of itself that has nothing to show: to people, or always.
type nothing struct {
	text   string
	always bool
}

// listAll prints the items of all pages, up to the limit, and says when more exist, or none.
func listAll[T any](app *App, o listFlags, n nothing, pages iter.Seq2[[]T, error], columns []string, row func(T) output.Row) error {
	sheet, shown := app.out.Sheet(output.Shape{Columns: columns, Array: true}), 0
	for page, err := range pages {
		if err != nil {
			return err
		}
		rest := 0
		if o.limit > 0 && len(page) > o.limit-shown {
			rest = len(page) - (o.limit - shown)
		}
		rows := make([]output.Row, 0, len(page))
		for _, item := range page[:len(page)-rest] {
			rows = append(rows, row(item))
		}
		if err := sheet.Add(rows...); err != nil {
			return err
		}
		if rest > 0 {
			app.Log().Note(fmt.Sprintf("more exist; --limit %d shows the first %d", o.limit, o.limit))
			return sheet.Close()
		}
		shown += len(rows)
	}
	if shown == 0 && (n.always || app.toPeople()) {
		app.Log().Note(n.text)
	}
	return sheet.Close()
}
