package charge

import "strings"

// maxCompared is how many bytes of a name are compared: the distance is quadratic.
const maxCompared = 80

// Nearest returns the known name that name was probably meant to be, empty when none is near. Case, and - for _,
// cost nothing.
func Nearest(name string, known []string) string {
	name = folded(name)
	best, nearest := 1+max(1, min(3, len(name)/3)), ""
	for _, candidate := range known {
		if d := distance(name, folded(candidate)); d < best {
			best, nearest = d, candidate
		}
	}
	return nearest
}

func folded(name string) string {
	if len(name) > maxCompared {
		name = name[:maxCompared]
	}
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// distance counts the bytes to insert, delete, replace or swap with their neighbour to get from a to b (optimal string
// alignment).
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			replace := row[j]
			if a[i] != b[j] {
				replace++
			}
			next[j+1] = min(replace, next[j]+1, row[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
