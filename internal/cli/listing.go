package cli

import (
	"fmt"
	"iter"

	"github.com/chargectl/chargectl/internal/output"
)

// listAll prints the items of all pages, up to limit where it is not 0, and says when more exist.
func listAll[T any](app *App, sheet *output.Sheet, pages iter.Seq2[[]T, error], row func(T) output.Row, limit int) error {
	shown := 0
	for page, err := range pages {
		if err != nil {
			return err
		}
		for _, item := range page {
			if limit > 0 && shown == limit {
				app.Out().Note(fmt.Sprintf("more exist; --limit %d shows the first %d", limit, limit))
				return sheet.Close()
			}
			if err := sheet.Add(row(item)); err != nil {
				return err
			}
			shown++
		}
	}
	return sheet.Close()
}
