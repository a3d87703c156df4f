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

// folded is cut last: a letter's lower case may be longer.
func folded(name string) string {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	return name[:min(len(name), maxCompared)]
}

// distance counts the bytes to insert, delete, replace or swap with their neighbour to get from a to b (optimal string
// alignment).
func distance(a, b string) int {
	var from [maxCompared + 1][maxCompared + 1]int // the first i bytes of a to the first j of b
	for i := range len(a) + 1 {
		for j := range len(b) + 1 {
			switch d := &from[i][j]; {
			case i == 0 || j == 0:
				*d = i + j
			case a[i-1] == b[j-1]:
				*d = from[i-1][j-1]
			default:
				*d = 1 + min(from[i-1][j-1], from[i-1][j], from[i][j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					*d = min(*d, 1+from[i-2][j-2])
				}
			}
		}
	}
	return from[len(a)][len(b)]
}
