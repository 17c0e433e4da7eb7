//go:build !linux

package main

import "syscall"

// childAttributes: only Linux can end a child together with its parent.
func childAttributes() *syscall.SysProcAttr { return nil }
