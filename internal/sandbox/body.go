package sandbox

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
)

const maxBody = 1 << 20

// readBody returns the body of a POST, which must be JSON and at most 1 MiB.
func readBody(r *http.Request) ([]byte, *refusal) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return nil, badRequest("Content-Type", "the body must be sent as application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return nil, badRequest("", "the body did not arrive whole")
	}
	if len(body) > maxBody {
		return nil, badRequest("", "the body is longer than %d bytes", maxBody)
	}
	return body, nil
}

// members are those of a JSON object; numbers keep their text.
type members map[string]any

// decode reads exactly one JSON object.
func decode(body []byte) (members, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var object members
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, false
	}
	_, err := decoder.Token()
	return object, err == io.EOF
}

// nullable reads a string or null, which a member that was not sent is, too.
func nullable(value any) (*string, bool) {
	if text, ok := value.(string); ok {
		return &text, true
	}
	return nil, value == nil
}

// texts reads an array of strings.
func texts(value any) ([]string, bool) {
	array, ok := value.([]any)
	texts := make([]string, len(array))
	for i := range array {
		text, isText := array[i].(string)
		texts[i], ok = text, ok && isText
	}
	return texts, ok
}
