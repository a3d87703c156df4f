//go:build unix

package cli

import (
	"os/exec"
	"syscall"
)

// processes are a program and, where it has a process group of its own, what it has started.
type processes struct {
	cmd *exec.Cmd
	own bool
}

// newProcesses is called before the program starts.
func newProcesses(cmd *exec.Cmd, own bool) processes {
	if own {
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	}
	return processes{cmd, own}
}

func (p processes) signal(s syscall.Signal) {
	if p.own {
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // where all have ended, nobody needs it
		return
	}
	_ = p.cmd.Process.Signal(s)
}

func (p processes) kill() { p.signal(syscall.SIGKILL) }
