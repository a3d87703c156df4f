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

// text returns a member that must be a string that is not empty.
func (m members) text(name string) (string, bool) {
	text, ok := m[name].(string)
	return text, ok && text != ""
}

// nullable returns a member that may be missing, null or a string.
func (m members) nullable(name string) (*string, bool) {
	switch value := m[name].(type) {
	case nil:
		return nil, true
	case string:
		return &value, true
	default:
		return nil, false
	}
}

// object returns a member that may be missing or an object, or null where the contract allows it.
func (m members) object(name string, null bool) (members, bool) {
	value, sent := m[name]
	if !sent || value == nil {
		return nil, !sent || null
	}
	object, ok := value.(map[string]any)
	return object, ok
}

// texts returns a member that may be missing or an array of strings.
func (m members) texts(name string) ([]string, bool) {
	value, sent := m[name]
	if !sent {
		return nil, true
	}
	array, ok := value.([]any)
	if !ok {
		return nil, false
	}
	texts := make([]string, 0, len(array))
	for _, element := range array {
		text, ok := element.(string)
		if !ok {
			return nil, false
		}
		texts = append(texts, text)
	}
	return texts, true
}
