package main

import "syscall"

// childAttributes lets the system end a child when kubeone dies without a chance to do it itself.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
