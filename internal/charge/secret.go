package charge

import "regexp"

// keyShape is what charge-api.md, Transport, says of keys, restricted ones included. A letter before it makes it part of
// another word, such as the name of a file.
var keyShape = regexp.MustCompile(`(?i)(^|[^a-z])ch_[a-z]{1,12}_(?:test|live)_[a-z0-9_]{8,}`)

// HideKeys puts "[API key]" in place of whatever has the shape of a secret key: people paste keys where none belongs,
// and an error repeats what it refuses.
func HideKeys(text string) string { return keyShape.ReplaceAllString(text, "${1}[API key]") }
