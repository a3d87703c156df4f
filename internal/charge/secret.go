package charge

import "regexp"

// keyShape is what charge-api.md, Transport, says of keys, restricted ones included. A letter before it makes it part of
// another word, such as the name of a file.
var keyShape = regexp.MustCompile(`(?i)(^|[^a-z])ch_[a-z]{1,12}_(?:test|live)_[a-z0-9_]{8,}`)

// signingShape is the same for the secret of a webhook endpoint (charge-api.md, Webhooks).
var signingShape = regexp.MustCompile(`(?i)(^|[^a-z])whsec_[a-z0-9_+/=-]{8,}`)

// HideKeys puts "[API key]" and "[webhook secret]" in place of whatever has the shape of one: people paste keys where
// none belongs, and an error repeats what it refuses.
func HideKeys(text string) string {
	text = keyShape.ReplaceAllString(text, "${1}[API key]")
	return signingShape.ReplaceAllString(text, "${1}[webhook secret]")
}
