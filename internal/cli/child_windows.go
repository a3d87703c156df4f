package cli

import (
	"os/exec"
	"syscall"
)

// processes are a program. Ctrl-C reaches it through the console that we share, and there is no other signal.
type processes struct{ cmd *exec.Cmd }

func newProcesses(cmd *exec.Cmd, _ bool) processes { return processes{cmd} }

func (processes) signal(syscall.Signal) {}

func (p processes) kill() { _ = p.cmd.Process.Kill() }
