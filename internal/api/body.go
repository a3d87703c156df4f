package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// object returns the one JSON value that a 2xx is made of, without the space around it, or what came instead.
func (a *answer) object() (json.RawMessage, error) {
	if a.over {
		return nil, charge.Errorf(charge.KindInternal, "the API answered with more than %d MiB", maxObject>>20)
	}
	if why := a.notJSON(); why != "" {
		return nil, charge.Errorf(charge.KindTemporary, "the API answered %s", why)
	}
	return bytes.TrimSpace(a.body), nil
}

// notJSON says what the body is when it is not one JSON value, such as "with an HTML page, …"; empty when it is.
func (a *answer) notJSON() string {
	switch trimmed := bytes.TrimSpace(a.body); {
	case a.cut != nil && len(trimmed) > 0:
		return "with truncated JSON (" + a.cut.Error() + ")"
	case a.cut != nil:
		return "without a body (" + a.cut.Error() + ")"
	case len(trimmed) == 0:
		return "with an empty body"
	case a.page():
		return "with an HTML page, not JSON: a proxy or login page may stand between"
	default:
		return notOneValue(trimmed)
	}
}

// page reports whether the body is a page for people, which the API never sends.
func (a *answer) page() bool {
	trimmed := bytes.TrimSpace(a.body)
	return len(trimmed) > 0 && (trimmed[0] == '<' || isHTML(a.header.Get("Content-Type")) && !json.Valid(trimmed))
}

// torn reports whether the body ended too early, by the transfer's word or by its JSON's.
func (a *answer) torn() bool {
	var value json.RawMessage
	return a.cut != nil || errors.Is(json.NewDecoder(bytes.NewReader(a.body)).Decode(&value), io.ErrUnexpectedEOF)
}

func notOneValue(text []byte) string {
	dec := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	switch err := dec.Decode(&value); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "with truncated JSON"
	case err != nil:
		return "with something that is not JSON"
	case len(value) != len(text):
		return "with something after its JSON"
	default:
		return ""
	}
}

func isHTML(contentType string) bool { return pageOf(contentType) == "HTML" }

// pageOf names the kind of page that a media type announces: HTML, XML or JSON; empty for everything else.
func pageOf(contentType string) string {
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	}
	_, sub, _ := strings.Cut(strings.TrimSpace(media), "/")
	switch {
	case sub == "html" || sub == "xhtml+xml":
		return "HTML"
	case sub == "xml" || strings.HasSuffix(sub, "+xml"):
		return "XML"
	case sub == "json" || strings.HasSuffix(sub, "+json"):
		return "JSON"
	default:
		return ""
	}
}
