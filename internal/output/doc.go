// Package output prints results on standard output: tables, tab-separated lines, JSON, jq.
//
// The rules it keeps: stdout carries the result and nothing else; a pipe gets one stable line per item; a terminal gets
// tables and colour; text of a server never moves a cursor or adds a line; JSON objects pass through as the API sent them.
// It is not for what stderr is told (package progress), nor for deciding what happened (reports) or which exit code that
// is (cli); it reads nothing but what it is given, and it never ends the process.
package output
