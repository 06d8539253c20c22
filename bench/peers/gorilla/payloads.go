package main

import (
	"bytes"
	"fmt"
	"math/rand"
)

// What is sent, in turn: one message, or where it is compressed JSON of a feed, each message a
// little different from the last.
func payloads(p plan) [][]byte {
	if !p.deflate {
		return [][]byte{bytes.Repeat([]byte("abcdefghijklmnopqrstuvwxyz"), p.size/26+1)[:p.size]}
	}
	random := rand.New(rand.NewSource(1))
	all := make([][]byte, clamp(4*1024*1024/p.size, 4, 256))
	for i := range all {
		var message bytes.Buffer
		for message.Len() < p.size {
			message.WriteString(trade(random))
		}
		all[i] = message.Bytes()[:p.size]
	}
	return all
}

func trade(random *rand.Rand) string {
	return fmt.Sprintf(
		`{"e":"trade","E":%d,"s":"%sUSDT","t":%d,"p":"%d.%02d","q":"0.%05d","m":%t},`,
		1_700_000_000_000+random.Intn(1_000_000), []string{"BTC", "ETH", "SOL"}[random.Intn(3)],
		random.Intn(100_000_000), 20_000+random.Intn(1_000), random.Intn(100),
		random.Intn(100_000), random.Intn(2) == 0)
}

func clamp(value, low, high int) int {
	if value < low {
		return low
	}
	if value > high {
		return high
	}
	return value
}
