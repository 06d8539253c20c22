// A Gorilla server that pings. Usage: gorilla_server PORT
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const interval = 3 * time.Millisecond
const mostUnanswered = 32 // fewer than a client has to remember

var upgrader = websocket.Upgrader{EnableCompression: true}

// Pings a client again and again, with numbers, and counts its pongs: each ping is to be answered
// once, in order.
type pings struct {
	mutex                 sync.Mutex
	sent, answered, wrong int
	stopped               bool
}

func (p *pings) next() (payload []byte, more bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.stopped {
		return nil, false
	}
	if p.sent-p.answered >= mostUnanswered {
		return nil, true
	}
	p.sent++
	return []byte(strconv.Itoa(p.sent)), true
}

func (p *pings) run(c *websocket.Conn) {
	for payload, more := p.next(); more; payload, more = p.next() {
		if payload != nil && c.WriteControl(websocket.PingMessage, payload, time.Now().Add(time.Minute)) != nil {
			return
		}
		time.Sleep(interval)
	}
}

func (p *pings) gotPong(payload string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	number, err := strconv.Atoi(payload)
	if number != p.answered+1 {
		p.wrong++
	}
	p.answered = number
	return err
}

func (p *pings) stop() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stopped = true
}

// Empty while answers are still to come.
func (p *pings) report() string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.answered < p.sent {
		return ""
	}
	return fmt.Sprintf("%d pings, %d answered out of turn", p.sent, p.wrong)
}

// Pongs come while the next message is read: so another reports.
func report(c *websocket.Conn, p *pings) {
	for p.report() == "" {
		time.Sleep(interval)
	}
	c.WriteMessage(websocket.TextMessage, []byte(p.report()))
}

func serve(w http.ResponseWriter, r *http.Request) {
	c, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer c.Close()
	p := &pings{}
	defer p.stop()
	c.SetPongHandler(p.gotPong)
	go p.run(c)
	for {
		kind, message, err := c.ReadMessage()
		if err != nil {
			return
		}
		switch {
		case string(message) == "!pings":
			p.stop()
			go report(c, p)
		case string(message) == "!close":
			normal := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			c.WriteControl(websocket.CloseMessage, normal, time.Now().Add(time.Minute))
		case kind == websocket.BinaryMessage:
			c.WriteMessage(websocket.TextMessage, []byte(strconv.Itoa(len(message))))
		default:
			c.WriteMessage(websocket.TextMessage, message)
		}
	}
}

func main() {
	http.HandleFunc("/", serve)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
