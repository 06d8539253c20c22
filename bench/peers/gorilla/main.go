// Gorilla as its documentation has it: a goroutine for each connection. Both of its buffers are
// 64 KiB instead of 4 KiB, and messages are read into a buffer that is used again, instead of by
// ReadMessage, which allocates each. It leaves UTF-8 to the application, which checks it here. One
// thread, as in the other clients.
package main

import (
	"bytes"
	"log"
	"runtime"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func open(d *websocket.Dialer, url string) *websocket.Conn {
	c, _, err := d.Dial(url, nil)
	check(err)
	return c
}

func openAll(p plan, d *websocket.Dialer) []*websocket.Conn {
	all := make([]*websocket.Conn, p.connections)
	for i := range all {
		all[i] = open(d, p.url())
	}
	return all
}

// Reads a message into the buffer.
func read(c *websocket.Conn, into *bytes.Buffer) {
	kind, reader, err := c.NextReader()
	check(err)
	into.Reset()
	_, err = into.ReadFrom(reader)
	check(err)
	if kind == websocket.TextMessage && !utf8.Valid(into.Bytes()) {
		log.Fatal("not UTF-8")
	}
}

func receive(c *websocket.Conn, t *tally) {
	var message bytes.Buffer
	for {
		read(c, &message)
		t.count()
	}
}

func send(c *websocket.Conn, all [][]byte, t *tally) {
	for i := 0; ; i++ {
		check(c.WriteMessage(websocket.BinaryMessage, all[i%len(all)]))
		t.count()
	}
}

func echo(c *websocket.Conn, all [][]byte, inFlight int, t *tally) {
	sent := make([]time.Time, inFlight)
	ask := func(i int) {
		sent[i%inFlight] = time.Now()
		check(c.WriteMessage(websocket.BinaryMessage, all[i%len(all)]))
	}
	for i := 0; i < inFlight; i++ {
		ask(i)
	}
	var answer bytes.Buffer
	for i := 0; ; i++ {
		read(c, &answer)
		t.countRoundTrip(time.Since(sent[i%inFlight]))
		ask(inFlight + i)
	}
}

func moveMessages(p plan, d *websocket.Dialer) {
	var t tally
	all := payloads(p)
	for _, c := range openAll(p, d) {
		switch p.scenario {
		case "send":
			go send(c, all, &t)
		case "echo":
			go echo(c, all, p.inFlight, &t)
		default:
			go receive(c, &t)
		}
	}
	t.watch(p)
}

func idle(p plan, d *websocket.Dialer) {
	before := resident()
	for _, c := range openAll(p, d) {
		go c.NextReader()
	}
	time.Sleep(200 * time.Millisecond)
	each := (resident() - before) / float64(p.connections)
	show(map[string]interface{}{"bytes_per_connection": each, "version": version})
}

func connect(p plan, d *websocket.Dialer) {
	places := make(chan struct{}, p.connections)
	for i := 0; i < p.connections; i++ {
		places <- struct{}{}
	}
	close(places)
	done := make(chan struct{})
	begin := now(0)
	for i := 0; i < p.inFlight; i++ {
		go func() {
			for range places {
				open(d, p.url()).Close()
			}
			done <- struct{}{}
		}()
	}
	for i := 0; i < p.inFlight; i++ {
		<-done
	}
	report(begin, now(int64(p.connections)), nil)
}

func main() {
	runtime.GOMAXPROCS(1)
	p := parse()
	d := dialer(p)
	switch p.scenario {
	case "idle":
		idle(p, d)
	case "connect":
		connect(p, d)
	default:
		moveMessages(p, d)
	}
}
