package main

import (
	"crypto/tls"
	"crypto/x509"
	"log"
	"os"

	"github.com/gorilla/websocket"
)

const bufferSize = 64 * 1024

// Verifies the server; resumes sessions.
func tlsConfig(file string) *tls.Config {
	pem, err := os.ReadFile(file)
	check(err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		log.Fatal("no certificate in ", file)
	}
	return &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(0)}
}

func dialer(p plan) *websocket.Dialer {
	d := &websocket.Dialer{EnableCompression: p.deflate}
	if p.scenario != "idle" { // where its own buffers take least
		d.ReadBufferSize = bufferSize
		d.WriteBufferSize = bufferSize
	}
	if p.ca != "" {
		d.TLSClientConfig = tlsConfig(p.ca)
	}
	return d
}
