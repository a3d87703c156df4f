package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/output"
)

// mostBelow is how many items are told one by one below a grid.
const mostBelow = 10

// gridOf draws items in their states, by number: fleets down, in the order of the plan's scopes, periods across. What is to
// be told of single items goes below.
func gridOf(scopes []folder.Scope, items []folder.Item, states []output.GridState, state func(i int) int, below []string) output.Grid {
	g := output.Grid{Noun: "files", States: states, Below: below}
	if more := len(below) - mostBelow; more > 0 {
		g.Below = append(slices.Clone(below[:mostBelow]), fmt.Sprintf("… and %d more, which a pipe or --json shows", more))
	}
	for _, item := range items {
		g.Columns = append(g.Columns, columnOf(item))
	}
	slices.Sort(g.Columns) // the calendar's names are in the order of time
	g.Columns = slices.Compact(g.Columns)
	columns, rows, names := map[string]int{}, map[string]int{}, map[string]int{}
	for i, column := range g.Columns {
		columns[column] = i
	}
	for _, scope := range scopes {
		names[scope.Fleet.Name]++
	}
	for i, scope := range scopes {
		name := cmp.Or(scope.Fleet.Name, scope.Fleet.ID, wholeAccount)
		if names[scope.Fleet.Name] > 1 && scope.Fleet.ID != "" {
			name = scope.Fleet.ID
		}
		rows[scope.Fleet.ID] = i
		g.Rows = append(g.Rows, output.GridRow{Name: name, Cells: slices.Repeat([]int{output.NoItem}, len(g.Columns))})
	}
	for i, item := range items {
		g.Rows[rows[item.Scope.Fleet.ID]].Cells[columns[columnOf(item)]] = state(i)
	}
	return g
}

// columnOf is the name of an item's period: the same for fleets in different zones.
func columnOf(item folder.Item) string {
	if name, ok := item.Period.CalendarName(); ok {
		return name
	}
	return item.Period.Name
}
