// Command kubeone is a whole Kubernetes control plane for tests and the demo, in one binary.
//
//	kubeone up --dir D [--port N] [--controllers] [--scheduler] [--kwok PATH] [--until-stdin-closes]
//	kubeone kubectl ARGS...
//
// See ../../readme.md.
package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	_ "time/tzdata"

	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
)

func main() {
	name, args := filepath.Base(os.Args[0]), os.Args[1:]
	if name == "kubeone" && len(args) > 0 {
		name, args = args[0], args[1:]
		os.Args = append([]string{name}, args...)
	}
	switch name {
	case "up":
		up(args)
	case "kubectl":
		os.Exit(cli.Run(kubectl.NewDefaultKubectlCommand()))
	default:
		fmt.Fprintln(os.Stderr, "usage: kubeone up|kubectl")
		os.Exit(2)
	}
}

// must ends the program with a message when err is set: nothing here can go on half started.
func must[T any](value T, err error) T { check(err); return value }

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubeone:", err)
		os.Exit(1)
	}
}

func freePort() int {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}
