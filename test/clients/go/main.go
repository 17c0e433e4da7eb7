// Drives the libraries behind well-known Terraform providers against simulated devices; prints what they saw as one JSON object.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

type seen map[string]any

var clients = map[string]func(seen) error{
	"fmc":          asFmcProvider,
	"fortimanager": asFortimanagerProvider,
	"fortios":      asFortiosProvider,
	"panorama":     asPanosProvider,
}

func main() {
	// The libraries talk to standard error; what they say there is nothing to us.
	log.SetOutput(io.Discard)
	found := seen{}
	client, known := clients[os.Args[1]]
	if !known {
		fmt.Fprintln(os.Stderr, "unknown client", os.Args[1])
		os.Exit(2)
	}
	if err := client(found); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(found)
}

// Trusts the authority of the simulator and nobody else: the libraries verify nothing unless they are handed what to trust.
func transport() *http.Transport {
	authority, err := os.ReadFile(os.Getenv("CA_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
}

func httpClient() *http.Client {
	return &http.Client{Transport: transport(), Timeout: 30 * time.Second}
}

func place() string {
	return "127.0.0.1:" + os.Getenv("PORT")
}

// What an error says, or nothing.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
