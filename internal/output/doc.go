// Package output is the only place that formats: results on stdout, everything for people and log collectors on
// stderr.
//
// The rules it keeps: stdout carries the result and nothing else; a pipe gets one stable line per item; a terminal
// gets tables, colour and movement; text of a server never moves a cursor or adds a line; JSON objects pass through
// as the API sent them. It is not for deciding what happened (reports) or which exit code that is (cli), it reads
// nothing but what it is given, and it never ends the process.
package output
