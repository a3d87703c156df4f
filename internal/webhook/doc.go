// Package webhook takes the API's events about reports, and writes the file of each report that they tell of.
//
// It is not for waiting for reports (poll), for how a file is written (download), nor for what it is called (cli hands a
// function in); it knows HTTP as a server only, and no terminal.
//
// # What an event may do
//
// An event is a hint. Of one whose signature holds, the id of its report is taken and nothing else: the API is asked for
// that report, with the key, and its file is written as every download is. So whoever can forge an event can have one report
// asked for that the key may see, and cannot say where from, where to, or what it holds.
//
// # What is accepted
//
// A POST at any path, with one Charge-Signature header that holds over the raw body (signature.go). The answer is 204 once
// the report's id is in the journal on disk; also for a report that is known, and for events of other types, which are named
// and left alone. Every other request gets a short text, has nothing written for it, and shares one line a second on stderr:
// 400 (malformed), 401 (no signature that holds), 405, 408, 413 (over 1 MiB), 503 (the disk takes nothing, or too many long
// bodies). Headers must be there within 10 s, a request within 30 s; 128 connections are served at a time, and eight bodies
// of over 64 KiB.
//
// # The journal
//
// .chargectl.events in the folder, a record a line with a CRC of itself (journal.go). What is torn or damaged counts as not
// there. A start puts a new file in its place, without what is over, which is then appended to. Accepted ids are flushed
// (fsync) together: while one flush is under way, and for 12 ms after it, others gather for the next. The rest is written at
// once and flushed with them: what a power cut takes of it costs a request, not a file. After a failed write or flush a new
// file is due before anything is accepted. A listener has its folder alone (.chargectl.listen.lock), but for sync and
// download, which may run beside it.
//
// # What becomes of a report
//
// It waits in a queue until it is done: its file has its name, or it never can have one (the report failed, has been gone
// for a minute, its name is taken). Everything else is tried again, after 1 s to 60 s; a server that asks for a pause, or
// fails eight times in a row, is left alone by all. A kill between the rename and the journal's line has the next
// start find the file in its place. So however often an event comes, in whatever order, one file comes of it. What no event
// tells of is found in the listing, at the start and at every interval (catchup.go).
package webhook
