package config

import "strings"

// NearestName returns the known name that name was probably meant to be, empty when none is near. Case, and - for _,
// cost nothing.
func NearestName(name string, known []string) string {
	name = folded(name)
	best, nearest := 1+max(1, min(3, (len(name)+2)/3)), ""
	for _, candidate := range known {
		if d := distance(name, folded(candidate)); d < best {
			best, nearest = d, candidate
		}
	}
	return nearest
}

func folded(name string) string {
	if len(name) > maxShown {
		name = name[:maxShown] // the distance is quadratic
	}
	return strings.ReplaceAll(strings.ToLower(name), "-", "_")
}

// distance counts the bytes to insert, delete or replace to get from a to b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// didYouMean is the end of a sentence about an unknown name; empty when nothing is near.
func didYouMean(name string, known []string) string {
	if nearest := NearestName(name, known); nearest != "" {
		return " (did you mean " + shown(nearest) + "?)"
	}
	return ""
}
