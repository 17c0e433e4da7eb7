package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"

	cliflag "k8s.io/component-base/cli/flag"
	logsapi "k8s.io/component-base/logs/api/v1"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apioptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	controlleroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

type settings struct {
	dir              string
	port             int
	controllers      bool
	scheduler        bool
	kwok             string
	untilStdinCloses bool
}

func readSettings(args []string) settings {
	var s settings
	flags := flag.NewFlagSet("up", flag.ExitOnError)
	flags.StringVar(&s.dir, "dir", "", "work folder")
	flags.IntVar(&s.port, "port", 0, "API server port, 0 = any free one")
	flags.BoolVar(&s.controllers, "controllers", false, "also run the controller manager")
	flags.BoolVar(&s.scheduler, "scheduler", false, "also run the scheduler")
	flags.StringVar(&s.kwok, "kwok", "", "path of a kwok binary to run as a child")
	flags.BoolVar(&s.untilStdinCloses, "until-stdin-closes", false, "stop when the parent closes standard input or dies")
	check(flags.Parse(args))
	s.dir = must(filepath.Abs(s.dir))
	if s.port == 0 {
		s.port = freePort()
	}
	return s
}

func up(args []string) {
	s := readSettings(args)
	in := func(name string) string { return filepath.Join(s.dir, name) }
	check(os.MkdirAll(s.dir, 0o700))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if s.untilStdinCloses {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
			time.Sleep(10 * time.Second)
			os.Exit(1) // a stop that hangs must not outlive the parent for long
		}()
	}

	server := fmt.Sprintf("https://127.0.0.1:%d", s.port)
	ca := openAuthority(s.dir)
	ca.issue("serving", "kube-apiserver", nil)
	key := serviceAccountKey(s.dir)
	admin := ca.kubeconfig("admin", server, "admin", []string{"system:masters"})

	logsapi.ReapplyHandling = logsapi.ReapplyHandlingIgnoreUnchanged
	etcd, endpoint := startEtcd(s.dir)

	// The controller manager changes feature gate defaults while it makes its
	// flags, so in one process its flags must come before the other two's.
	var controllerManager *controlleroptions.KubeControllerManagerOptions
	var schedulerOptions *scheduleroptions.Options
	if s.controllers {
		// All controllers share this identity, hence the wide group.
		config := ca.kubeconfig("controllers", server, "system:kube-controller-manager", []string{"system:masters"})
		controllerManager = must(controlleroptions.NewKubeControllerManagerOptions())
		parse(controllerManager.Flags(controllers.KnownControllers(), controllers.ControllersDisabledByDefault(), controllers.ControllerAliases()),
			controllerFlags(config, key, in("ca.crt")))
	}
	if s.scheduler {
		config := ca.kubeconfig("scheduler", server, "system:kube-scheduler", nil)
		schedulerOptions = scheduleroptions.NewOptions()
		parse(*schedulerOptions.Flags, schedulerFlags(config))
	}
	api := apioptions.NewServerRunOptions()
	parse(api.Flags(), apiFlags(s, key, endpoint))
	check(api.GenericServerRunOptions.ComponentGlobalsRegistry.Set())

	failed := make(chan error, 3)
	go func() {
		completed, err := api.Complete(ctx)
		check(err)
		failed <- apiserver.Run(ctx, completed)
	}()
	waitReady(ctx, server, s.dir)
	if s.controllers {
		config := must(controllerManager.Config(ctx, controllers.KnownControllers(), controllers.ControllersDisabledByDefault(), controllers.ControllerAliases()))
		go func() { failed <- controllers.Run(ctx, config.Complete()) }()
	}
	if s.scheduler {
		config, sched, err := scheduler.Setup(ctx, schedulerOptions)
		check(err)
		go func() { failed <- scheduler.Run(ctx, config, sched) }()
	}
	if s.kwok != "" {
		defer startKwok(s.kwok, admin, in("kwok.log"))()
	}
	check(os.WriteFile(in("ready"), []byte(admin+"\n"), 0o600))
	select {
	case <-ctx.Done():
	case err := <-failed:
		check(err)
	}
	closeEtcd(etcd)
}

// closeEtcd writes what etcd still has in memory, so that the folder can be started again.
func closeEtcd(etcd *embed.Etcd) {
	closed := make(chan struct{})
	go func() {
		etcd.Server.Stop() // Close would wait for the clients, which are in this process
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(3 * time.Second):
	}
}

func startEtcd(dir string) (*embed.Etcd, string) {
	address := func() url.URL { return url.URL{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", freePort())} }
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "etcd")
	client, peer := address(), address()
	config.ListenClientUrls, config.AdvertiseClientUrls = []url.URL{client}, []url.URL{client}
	config.ListenPeerUrls, config.AdvertisePeerUrls = []url.URL{peer}, []url.URL{peer}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true // throw-away data
	config.LogLevel = "error"
	etcd := must(embed.StartEtcd(config))
	<-etcd.Server.ReadyNotify()
	return etcd, client.String()
}

func apiFlags(s settings, key, endpoint string) []string {
	in := func(name string) string { return filepath.Join(s.dir, name) }
	flags := []string{
		"--bind-address=127.0.0.1", "--advertise-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", s.port),
		"--tls-cert-file=" + in("serving.crt"), "--tls-private-key-file=" + in("serving.key"),
		"--client-ca-file=" + in("ca.crt"),
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + key, "--service-account-signing-key-file=" + key,
		"--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC", "--allow-privileged=true",
		"--endpoint-reconciler-type=none", "--profiling=false", "--event-ttl=10m",
		"--shutdown-delay-duration=0s", "--v=0", "--etcd-servers=" + endpoint,
	}
	if !s.controllers {
		// Nobody makes the default service account, without which pods would be refused.
		flags = append(flags, "--disable-admission-plugins=ServiceAccount")
	}
	return flags
}

const queriesPerSecond = 500

func clientFlags(config string) []string {
	return []string{"--kubeconfig=" + config, "--authentication-kubeconfig=" + config, "--authorization-kubeconfig=" + config,
		"--bind-address=127.0.0.1", fmt.Sprintf("--secure-port=%d", freePort()), "--leader-elect=false",
		fmt.Sprintf("--kube-api-qps=%d", queriesPerSecond), fmt.Sprintf("--kube-api-burst=%d", 2*queriesPerSecond)}
}

func controllerFlags(config, key, root string) []string {
	return append(clientFlags(config), "--use-service-account-credentials=false",
		"--service-account-private-key-file="+key, "--root-ca-file="+root,
		"--allocate-node-cidrs=false", "--concurrent-replicaset-syncs=10")
}

func schedulerFlags(config string) []string { return clientFlags(config) }

func parse(sets cliflag.NamedFlagSets, args []string) {
	flags := pflag.NewFlagSet("", pflag.ExitOnError)
	for _, set := range sets.FlagSets {
		flags.AddFlagSet(set)
	}
	check(flags.Parse(args))
}

// startKwok runs kwok as a child and returns what ends it.
func startKwok(path, config, log string) func() {
	out := must(os.Create(log))
	command := exec.Command(path, "--kubeconfig="+config,
		"--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
		"--node-lease-duration-seconds=40", "--cidr=10.128.0.0/9",
		fmt.Sprintf("--server-address=127.0.0.1:%d", freePort()))
	command.Stdout, command.Stderr = out, out
	command.SysProcAttr = childAttributes()
	started := make(chan error)
	go func() {
		// The signal at the parent's death is tied to the thread that started the child.
		runtime.LockOSThread()
		started <- command.Start()
		_ = command.Wait()
	}()
	check(<-started)
	return func() { _ = command.Process.Kill() } // it keeps nothing; asked politely it takes 5 s
}

func waitReady(ctx context.Context, server, dir string) {
	in := func(name string) string { return filepath.Join(dir, name) }
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(must(os.ReadFile(in("ca.crt"))))
	pair := must(tls.LoadX509KeyPair(in("admin.crt"), in("admin.key")))
	client := &http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}}
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ctx.Err() != nil {
			os.Exit(1)
		}
		if reply, err := client.Get(server + "/readyz"); err == nil {
			_ = reply.Body.Close()
			if reply.StatusCode == http.StatusOK {
				return
			}
		}
	}
	check(fmt.Errorf("no /readyz within 2 minutes"))
}
