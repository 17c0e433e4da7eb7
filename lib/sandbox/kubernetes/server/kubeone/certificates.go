package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of one work folder.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func writePEM(path, kind string, der []byte) {
	check(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}

func readPEM(path string) ([]byte, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, false
	}
	return block.Bytes, true
}

// openAuthority makes a certificate authority in dir or takes the one that is there, so that the
// clients of a server that was restarted on the same folder still trust it.
func openAuthority(dir string) *authority {
	certPath, keyPath := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "ca.key")
	if cert, ok := readPEM(certPath); ok {
		if key, ok := readPEM(keyPath); ok {
			return &authority{dir, must(x509.ParseCertificate(cert)), must(x509.ParseECPrivateKey(key))}
		}
	}
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test-ca"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key))
	writePEM(certPath, "CERTIFICATE", der)
	writePEM(keyPath, "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
	return &authority{dir, must(x509.ParseCertificate(der)), key}
}

// issue writes file.crt and file.key for a user (name, groups) or for the server.
func (a *authority) issue(file, name string, groups []string) {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: name, Organization: groups},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(10, 96, 0, 1)},
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key))
	writePEM(filepath.Join(a.dir, file+".crt"), "CERTIFICATE", der)
	writePEM(filepath.Join(a.dir, file+".key"), "EC PRIVATE KEY", must(x509.MarshalECPrivateKey(key)))
}

// kubeconfig issues a client certificate and writes the file that uses it.
func (a *authority) kubeconfig(file, server, name string, groups []string) string {
	a.issue(file, name, groups)
	in := func(name string) string { return filepath.Join(a.dir, name) }
	path := in(file + ".kubeconfig")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: %[3]q, user: {client-certificate: %[4]q, client-key: %[5]q}}]
contexts: [{name: test, context: {cluster: test, user: %[3]q}}]
current-context: test
`, server, in("ca.crt"), name, in(file+".crt"), in(file+".key"))
	check(os.WriteFile(path, []byte(text), 0o600))
	return path
}

// serviceAccountKey signs the tokens of service accounts; kept over a restart like the authority.
func serviceAccountKey(dir string) string {
	path := filepath.Join(dir, "sa.key")
	if _, ok := readPEM(path); !ok {
		key := must(rsa.GenerateKey(rand.Reader, 2048))
		writePEM(path, "RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
	}
	return path
}
