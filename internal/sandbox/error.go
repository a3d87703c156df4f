package sandbox

import (
	"fmt"
	"net/http"
)

// The types of errors; the last two are assumed, not documented (charge-api.md, Errors).
const (
	typeRequest = "invalid_request_error"
	typeAuth    = "authentication_error"
	typeLimit   = "rate_limit_error"
	typeAPI     = "api_error"
)

const docs = "https://docs.chargeapi.co/errors/"

// refusal is an error object before it has a request id.
type refusal struct {
	status  int
	kind    string
	code    string // empty is null
	param   string // empty is null
	message string
}

func (e *refusal) object(request string) errorObject {
	object := errorObject{
		Code: orNull(e.code), Message: e.message, Object: "error", Param: orNull(e.param),
		Request: request, Status: e.status, Type: e.kind,
	}
	if e.code != "" {
		object.DocURL = orNull(docs + e.code)
	}
	return object
}

// badRequest refuses a request for its form; param names the part at fault and may be empty.
func badRequest(param, format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, kind: typeRequest, param: param, message: fmt.Sprintf(format, args...)}
}

// invalid refuses the content of a report request.
func invalid(param, format string, args ...any) *refusal {
	e := badRequest(param, format, args...)
	e.code = "report_validation_error"
	return e
}

// absent says that the thing a request names does not exist; code is empty for a path.
func absent(code, param, format string, args ...any) *refusal {
	return &refusal{
		status: http.StatusNotFound, kind: typeRequest, code: code, param: param, message: fmt.Sprintf(format, args...),
	}
}

func noReport(id string) *refusal {
	return absent("report_not_found", "report", "no such report: %s", id)
}

func conflict(format string, args ...any) *refusal {
	e := badRequest("", format, args...)
	e.status = http.StatusConflict
	return e
}

func unauthorized(message string) *refusal {
	return &refusal{status: http.StatusUnauthorized, kind: typeAuth, message: message}
}

func tooMany(format string, args ...any) *refusal {
	return &refusal{
		status: http.StatusTooManyRequests, kind: typeLimit, code: "rate_limit_exceeded", message: fmt.Sprintf(format, args...),
	}
}

// unavailable is what an API says when it is its own fault.
func unavailable(status int, message string) *refusal {
	return &refusal{status: status, kind: typeAPI, message: message}
}
