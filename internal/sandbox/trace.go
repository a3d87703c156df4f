package sandbox

import "net/http"

// exchange is a request and how it was answered, as the log has it. The key is not in it.
type exchange struct {
	fault string // empty where none had a hand in it
}

// exchangeKey is where a request's context has its exchange.
type exchangeKey struct{}

// note says that a fault has hit a request. Where several do, it is the one that took the answer's place last.
func note(r *http.Request, fault string) {
	if e, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		e.fault = fault
	}
}
