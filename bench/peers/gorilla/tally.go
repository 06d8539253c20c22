package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const version = "Gorilla WebSocket 1.5.0"

// What the connections have done so far.
type tally struct {
	messages   int64
	mutex      sync.Mutex
	roundTrips []time.Duration
}

func (t *tally) count() { atomic.AddInt64(&t.messages, 1) }

func (t *tally) countRoundTrip(took time.Duration) {
	t.mutex.Lock()
	t.roundTrips = append(t.roundTrips, took)
	t.mutex.Unlock()
	t.count()
}

// Takes the times of the round trips since the last call.
func (t *tally) take() []time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	taken := t.roundTrips
	t.roundTrips = nil
	return taken
}

// Waits for the warm-up to pass, then for the window, and prints what happened in it.
func (t *tally) watch(p plan) {
	time.Sleep(p.warmUp)
	t.take()
	begin := now(atomic.LoadInt64(&t.messages))
	time.Sleep(p.window)
	report(begin, now(atomic.LoadInt64(&t.messages)), t.take())
}

type moment struct {
	count int64
	time  time.Time
	cpu   time.Duration
}

func now(count int64) moment {
	var used syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	cpu := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	return moment{count, time.Now(), cpu}
}

func report(begin, end moment, roundTrips []time.Duration) {
	count := float64(end.count - begin.count)
	figures := map[string]interface{}{"version": version}
	figures["rate"] = count / end.time.Sub(begin.time).Seconds()
	if count > 0 {
		figures["cpu_ns"] = float64(end.cpu-begin.cpu) / count
	}
	addPercentiles(figures, roundTrips)
	show(figures)
}

func addPercentiles(figures map[string]interface{}, times []time.Duration) {
	if len(times) == 0 {
		return
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	shares := map[string]float64{
		"p50_ns": 0.5, "p90_ns": 0.9, "p99_ns": 0.99, "p999_ns": 0.999, "max_ns": 1,
	}
	for name, share := range shares {
		figures[name] = times[int(share*float64(len(times)-1))].Nanoseconds()
	}
}

func show(figures map[string]interface{}) {
	check(json.NewEncoder(os.Stdout).Encode(figures))
}

// The resident memory of this process, after what is free has been given back.
func resident() float64 {
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	check(err)
	var all, pages int
	_, err = fmt.Sscan(string(statm), &all, &pages)
	check(err)
	return float64(pages * os.Getpagesize())
}
