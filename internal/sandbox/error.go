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

// refusal is the error object of a request that is not done. The request's id comes in when it is sent.
type refusal struct {
	Code    *string `json:"code"`
	DocURL  *string `json:"doc_url"`
	Message string  `json:"message"`
	Object  string  `json:"object"`
	Param   *string `json:"param"`
	Request string  `json:"request"`
	Status  int     `json:"status"`
	Type    string  `json:"type"`
}

// refuse makes a refusal; code and param may be empty, which is null.
func refuse(status int, kind, code, param, format string, args ...any) *refusal {
	e := &refusal{
		Code: orNull(code), Message: fmt.Sprintf(format, args...), Object: "error", Param: orNull(param), Status: status, Type: kind,
	}
	if code != "" {
		e.DocURL = orNull(docs + code)
	}
	return e
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
