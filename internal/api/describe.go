package api

import (
	"net/http"
	"slices"
)

// RequestText is a request for people to read: what would be sent, without the key.
type RequestText struct {
	Method string
	URL    string
	Header []string // "Name: value", sorted
	Body   []byte   // exact
}

// Describe returns what CreateReport would send for body and key, and sends nothing. Of the API key it shows the
// prefix that shows its mode.
func (c *Client) Describe(body []byte, key string) RequestText {
	header := c.header(http.MethodPost, key)
	header.Set("Authorization", "Bearer "+maskKey(c.key))
	if c.key == "" {
		header.Del("Authorization")
	}
	text := RequestText{Method: http.MethodPost, URL: c.base + "/reports", Body: body}
	for name, values := range header {
		for _, value := range values {
			text.Header = append(text.Header, name+": "+value)
		}
	}
	slices.Sort(text.Header)
	return text
}
