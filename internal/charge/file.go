package charge

import "io"

// FileRange asks for a file from an offset on. Validator is what If-Range carries: a strong ETag or a Last-Modified
// date (RFC 9110, section 13.1.5); it must be set when Offset is not 0.
type FileRange struct {
	Offset    int64
	Validator string
}

// File is a response of the file host. The caller closes Body.
type File struct {
	HTTPStatus int    // 200, 206 or 416; everything else is an error
	Offset     int64  // where Body starts: Content-Range's first byte for a 206, -1 when it did not say, 0 for a 200
	End        int64  // one past the last byte that Body should carry, -1 when the response did not say
	Total      int64  // the whole file's length, -1 when the response did not say
	Validator  string // a strong ETag, else Last-Modified, else empty: resuming is not safe
	Body       io.ReadCloser
}
