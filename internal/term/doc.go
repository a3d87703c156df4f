// Package term is what terminals and streams can do: what is known of the three streams, colour, text made safe to show,
// and the Screen, the one door to standard output and standard error.
//
// It is not for what is said (packages output and progress) nor for when. Text of a server never moves a cursor or adds a
// line once it has been through Clean, Line or Field.
//
// The protocol of the Screen: standard output and standard error are often the same terminal, so there is one live line,
// the last thing on the terminal. Whatever else is written erases it first and has it drawn again below, in one write.
// Results end it for good before their first byte, but for rows that others follow. The first result that cannot be
// written is remembered, so that no command that went on can end well.
package term
