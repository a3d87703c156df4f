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

// refuse makes a refusal; code and param may be empty.
func refuse(status int, kind, code, param, format string, args ...any) *refusal {
	return &refusal{status: status, kind: kind, code: code, param: param, message: fmt.Sprintf(format, args...)}
}

// badRequest refuses a request for its form; param names the part at fault and may be empty.
func badRequest(param, format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, typeRequest, "", param, format, args...)
}

// invalid refuses the content of a report request.
func invalid(param, format string, args ...any) *refusal {
	return refuse(http.StatusBadRequest, typeRequest, "report_validation_error", param, format, args...)
}

// absent says that the thing a request names does not exist; code is empty for a path.
func absent(code, param, format string, args ...any) *refusal {
	return refuse(http.StatusNotFound, typeRequest, code, param, format, args...)
}

func noReport(id string) *refusal {
	return absent("report_not_found", "report", "no such report: %s", id)
}

func conflict(why string) *refusal {
	return refuse(http.StatusConflict, typeRequest, "", "", "%s", why)
}

func unauthorized(why string) *refusal {
	return refuse(http.StatusUnauthorized, typeAuth, "", "", "%s", why)
}

func tooMany(format string, args ...any) *refusal {
	return refuse(http.StatusTooManyRequests, typeLimit, "rate_limit_exceeded", "", format, args...)
}

// unavailable is what an API says when it is its own fault.
func unavailable(status int, why string) *refusal { return refuse(status, typeAPI, "", "", "%s", why) }
