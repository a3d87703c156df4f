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

// problem is a refusal before it has a request id.
type problem struct {
	status  int
	kind    string
	code    string // empty is null
	param   string // empty is null
	message string
}

func (p *problem) object(request string) errorObject {
	object := errorObject{
		Code: orNull(p.code), Message: p.message, Object: "error", Param: orNull(p.param),
		Request: request, Status: p.status, Type: p.kind,
	}
	if p.code != "" {
		object.DocURL = orNull(docs + p.code)
	}
	return object
}

// badRequest refuses a request for its form; param names the part at fault and may be empty.
func badRequest(param, format string, args ...any) *problem {
	return &problem{status: http.StatusBadRequest, kind: typeRequest, param: param, message: fmt.Sprintf(format, args...)}
}

// invalid refuses the content of a report request.
func invalid(param, format string, args ...any) *problem {
	p := badRequest(param, format, args...)
	p.code = "report_validation_error"
	return p
}

// absent says that the thing a request names does not exist; code is empty for a path.
func absent(code, param, format string, args ...any) *problem {
	return &problem{
		status: http.StatusNotFound, kind: typeRequest, code: code, param: param, message: fmt.Sprintf(format, args...),
	}
}

func conflict(format string, args ...any) *problem {
	p := badRequest("", format, args...)
	p.status = http.StatusConflict
	return p
}

func tooMany(format string, args ...any) *problem {
	return &problem{
		status: http.StatusTooManyRequests, kind: typeLimit, code: "rate_limit_exceeded", message: fmt.Sprintf(format, args...),
	}
}
