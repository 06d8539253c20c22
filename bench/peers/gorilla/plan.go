package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

// The command line that all clients have in common.
type plan struct {
	port                  int
	ca                    string
	deflate               bool
	scenario              string
	size                  int
	warmUp, window        time.Duration
	inFlight, connections int
}

func seconds(to *time.Duration, name string) {
	flag.Func(name, "seconds", func(text string) error {
		var err error
		*to, err = time.ParseDuration(text + "s")
		return err
	})
}

func parse() plan {
	p := plan{warmUp: 100 * time.Millisecond, window: 500 * time.Millisecond}
	flag.IntVar(&p.port, "port", 0, "the server's, at 127.0.0.1")
	flag.StringVar(&p.ca, "tls", "", "file of the CA certificate")
	flag.BoolVar(&p.deflate, "deflate", false, "offer compression")
	flag.StringVar(&p.scenario, "scenario", "", "what to do")
	flag.IntVar(&p.size, "size", 125, "payload bytes of a message")
	seconds(&p.warmUp, "warm-up")
	seconds(&p.window, "seconds")
	flag.IntVar(&p.inFlight, "in-flight", 1, "messages or handshakes at once")
	flag.IntVar(&p.connections, "connections", 1, "how many")
	flag.Parse()
	return p
}

func (p plan) url() string {
	path := map[string]string{
		"receive":       fmt.Sprintf("/blast/binary/%d", p.size),
		"receive_text":  fmt.Sprintf("/blast/text/%d", p.size),
		"receive_mixed": fmt.Sprintf("/blast/mixed/%d", p.size),
		"send":          "/sink",
		"echo":          fmt.Sprintf("/echo/%d", p.size),
		"idle":          "/idle",
		"connect":       "/idle",
	}[p.scenario]
	if path == "" {
		fmt.Fprintln(os.Stderr, "no scenario", p.scenario)
		os.Exit(3)
	}
	scheme := "ws"
	if p.ca != "" {
		scheme = "wss"
	}
	return fmt.Sprintf("%s://127.0.0.1:%d%s", scheme, p.port, path)
}
