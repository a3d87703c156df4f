package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/pattern"
)

var (
	testKey     = pattern.New(`^ch_sk_test_[A-Za-z0-9]+$`)
	versionDate = pattern.New(`^\d{4}-\d{2}-\d{2}$`)
)

// call is one request of the contract.
type call struct {
	*http.Request

	id        string // the last part of the path, empty for a collection
	requestID string // what the answer carries as Request-Id
	query     url.Values
	body      []byte // of a POST
	key       string // of a POST, empty when it has none
	now       time.Time
}

// operation answers a call with the object to send, or with why not. The sandbox is locked.
type operation func(c call) (any, *refusal)

// operations are those of the contract, by method and collection; behind a slash comes an id. http.ServeMux is not for
// them: it answers unclean paths with redirects, which the contract does not know.
func (s *Sandbox) operations() map[string]operation {
	return map[string]operation{
		"POST reports":            s.createReport,
		"GET reports":             s.listReports,
		"GET reports/":            s.getReport,
		"GET fleets":              s.listFleets,
		"GET fleets/":             s.getFleet,
		"POST webhook_endpoints":  s.createEndpoint,
		"GET webhook_endpoints":   s.listEndpoints,
		"GET webhook_endpoints/":  s.getEndpoint,
		"POST webhook_endpoints/": s.updateEndpoint,
	}
}

func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) {
	requestID := s.nextRequest()
	object, refused := s.answer(r, requestID)
	if refused != nil {
		s.refuse(w, requestID, refused)
		return
	}
	s.send(w, requestID, http.StatusOK, object)
}

func (s *Sandbox) answerHonestly(r *http.Request, requestID string) (any, *refusal) {
	// Any well-formed test key is good: there is nothing to protect here, but a real key has no business here.
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !testKey.Get().MatchString(key) {
		return nil, unauthorized("the sandbox wants Authorization: Bearer with a secret key of test mode, ch_sk_test_ and letters or digits")
	}
	if version, sent := r.Header["Charge-Version"]; sent && !versionDate.Get().MatchString(strings.Join(version, ",")) {
		return nil, badRequest("Charge-Version", "the header Charge-Version must be a date such as 2026-03-01")
	}
	path, inside := strings.CutPrefix(r.URL.Path, "/v1/")
	collection, id, _ := strings.Cut(path, "/")
	do, known := s.known[r.Method+" "+strings.TrimSuffix(path, id)]
	if !inside || !known {
		return nil, absent("", "", "no such path: %s %s", r.Method, r.URL.Path)
	}
	c := call{Request: r, id: id, requestID: requestID, query: r.URL.Query()}
	for _, name := range c.query["expand"] {
		if collection != "reports" || !slices.Contains(expandable(), name) {
			return nil, refuse(http.StatusBadRequest, typeRequest, "unsupported_expand_value", "expand", "%q cannot be expanded here", name)
		}
	}
	if r.Method == http.MethodPost {
		var refused *refusal
		if c.body, refused = readBody(r); refused != nil {
			return nil, refused
		}
		if c.key, refused = idempotencyKey(r); refused != nil {
			return nil, refused
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c.now = s.now()
	object, refused := s.once(c, do)
	if refused == nil && r.Method == http.MethodPost {
		if err := s.keep(); err != nil {
			return nil, unavailable(http.StatusInternalServerError, "the sandbox's state cannot be written: "+err.Error())
		}
	}
	return object, refused
}

func (s *Sandbox) refuse(w http.ResponseWriter, requestID string, e *refusal) {
	e.Request = requestID
	s.send(w, requestID, e.Status, e)
}

// send writes one JSON object with its length, so that a cut body shows as one.
func (s *Sandbox) send(w http.ResponseWriter, requestID string, status int, object any) {
	body := encode(object)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Request-Id", requestID)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away is no news
}

func (s *Sandbox) nextRequest() string { return newID(s.seed, "req_", int(s.requests.Add(1))) }

// encode leaves & < > as they are: people read these objects, and nobody puts them into HTML.
func encode(object any) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		panic(err) // what is sent is made of texts, numbers and what came as JSON
	}
	return buf.Bytes()
}
