package progress

// KeyInfo describes one key of a log line.
type KeyInfo struct {
	Name    string
	Meaning string
}

// LogKeys lists the keys of the lines that --log-format json writes, one line per event; keys are only ever added.
// Durations are integers of milliseconds, sizes integers of bytes, times RFC 3339.
func LogKeys() []KeyInfo {
	return []KeyInfo{
		{"time", "when the line was written"},
		{"level", "DEBUG, INFO, WARN or ERROR"},
		{"msg", "the event in words, for people"},
		{"event", "begin, created, status, look_error, receiving, heartbeat, ended, note, debug or problem"},
		{"report", "id of the report concerned"},
		{"status", "the report's status"},
		{"elapsed_ms", "how old the report is"},
		{"left_ms", "time left before the deadline; absent when there is none"},
		{"path", "the file concerned"},
		{"bytes", "bytes of the file on disk so far"},
		{"size", "bytes that the file will have; absent while unknown"},
		{"retry_ms", "how long until the next poll"},
		{"error", "why something did not work"},
		{"items", "how many items the run is about"},
		{"done", "how many of them are over"},
		{"skipped", "true when nothing had to be done"},
		{"hint", "what to do next, in a line of event problem"},
		{"kind", "what kind of error it was, in a line of event problem, which has the other members of the error object too"},
		{"exit_code", "the code that the run ends with"},
		{"attrs", "what a debug line says: method, url, status, duration and the like"},
	}
}
