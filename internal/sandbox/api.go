package sandbox

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var (
	testKey     = regexp.MustCompile(`^ch_sk_test_[A-Za-z0-9]+$`)
	versionDate = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)
)

// call is one request of the contract.
type call struct {
	*http.Request

	id        string // the last part of the path, empty for a collection
	requestID string // what the answer carries as Request-Id
}

// operation answers a call with the object to send, or with why not.
type operation func(c call) (object any, refused *refusal)

func (s *Sandbox) serveAPI(w http.ResponseWriter, r *http.Request) {
	requestID := s.nextRequest()
	object, refused := s.answer(r, requestID)
	if refused != nil {
		s.send(w, requestID, refused.status, refused.object(requestID))
		return
	}
	s.send(w, requestID, http.StatusOK, object)
}

func (s *Sandbox) answer(r *http.Request, requestID string) (any, *refusal) {
	if refused := authenticate(r); refused != nil {
		return nil, refused
	}
	if version, sent := r.Header["Charge-Version"]; sent && !versionDate.MatchString(strings.Join(version, ",")) {
		return nil, badRequest("Charge-Version", "the header Charge-Version must be a date such as 2026-03-01")
	}
	do, id := s.route(r)
	if do == nil {
		return nil, absent("", "", "no such path: %s %s", r.Method, r.URL.Path)
	}
	return do(call{r, id, requestID})
}

// authenticate takes any well-formed test key: there is nothing to protect here, but a real key has no business here.
func authenticate(r *http.Request) *refusal {
	scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && testKey.MatchString(key) {
		return nil
	}
	return unauthorized("the sandbox wants Authorization: Bearer with a secret key of test mode, ch_sk_test_ and letters or digits")
}

// route is written out because http.ServeMux answers unclean paths with redirects, which the contract does not know.
func (s *Sandbox) route(r *http.Request) (do operation, id string) {
	path, ok := strings.CutPrefix(r.URL.Path, "/v1/")
	if !ok {
		return nil, ""
	}
	collection, id, single := strings.Cut(path, "/")
	if single {
		collection += "/"
	}
	switch r.Method + " " + collection {
	case "POST reports":
		return s.createReport, ""
	case "GET reports":
		return s.listReports, ""
	case "GET reports/":
		return s.getReport, id
	case "GET fleets":
		return s.listFleets, ""
	case "GET fleets/":
		return s.getFleet, id
	case "POST webhook_endpoints":
		return s.createEndpoint, ""
	case "GET webhook_endpoints":
		return s.listEndpoints, ""
	case "GET webhook_endpoints/":
		return s.getEndpoint, id
	case "POST webhook_endpoints/":
		return s.updateEndpoint, id
	}
	return nil, ""
}

func (s *Sandbox) refuse(w http.ResponseWriter, e *refusal) {
	request := s.nextRequest()
	s.send(w, request, e.status, e.object(request))
}

// send writes one JSON object with its length, so that a cut body shows as one.
func (s *Sandbox) send(w http.ResponseWriter, request string, status int, object any) {
	body, err := encode(object)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	s.setDate(w)
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Request-Id", request)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away is no news
}

// setDate makes the Date header follow the sandbox's clock, not the machine's.
func (s *Sandbox) setDate(w http.ResponseWriter) {
	w.Header().Set("Date", s.now().UTC().Format(http.TimeFormat))
}

func (s *Sandbox) nextRequest() string { return newID(s.seed, "req_", int(s.requests.Add(1))) }

// encode leaves & < > as they are: people read these objects, and nobody puts them into HTML.
func encode(object any) ([]byte, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(object)
	return buf.Bytes(), err
}
