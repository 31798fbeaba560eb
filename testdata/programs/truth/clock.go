package main

import (
	"context"
	"runtime/trace"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"
)

// Bounds are between what a figure must be, both included.
type Bounds struct {
	Least int64 `json:"least"`
	Most  int64 `json:"most"`
}

func exactly(n int64) Bounds { return Bounds{n, n} }

func (b *Bounds) add(other Bounds) {
	b.Least += max0(other.Least)
	b.Most += other.Most
}

func max0(n int64) int64 {
	if n < 0 {
		return 0
	}
	return n
}

var (
	process = time.Now()
	figures = map[string]Bounds{}
	mutex   sync.Mutex
	// created is how many goroutines the program has made since tracing began, and threads
	// those on which its goroutines have run.
	created int64
	threads = map[int]bool{}
	walls   []Bounds
	clocks  []Bounds
	logs    int64
)

// now is the monotonic clock, in nanoseconds since the process began.
func now() int64 { return int64(time.Since(process)) }

// put says between what a figure must be.
func put(name string, bounds Bounds) {
	mutex.Lock()
	figures[name] = bounds
	mutex.Unlock()
}

// more adds to the bounds of a figure.
func more(name string, bounds Bounds) {
	mutex.Lock()
	sum := figures[name]
	sum.add(bounds)
	figures[name] = sum
	mutex.Unlock()
}

// seenHere notes the thread that the goroutine runs on.
func seenHere() {
	mutex.Lock()
	threads[syscall.Gettid()] = true
	mutex.Unlock()
}

// anchor logs messages that say when they were logged.
func anchor(n int) {
	for i := 0; i < n; i++ {
		clock, wall := now(), time.Now().UnixNano()
		trace.Log(context.Background(), "anchor", strconv.Itoa(len(walls)))
		clocks = append(clocks, Bounds{clock, 0})
		walls = append(walls, Bounds{wall, 0})
		last := len(walls) - 1
		walls[last].Most, clocks[last].Most = time.Now().UnixNano(), now()
		logs++
		time.Sleep(time.Millisecond)
	}
}

// cpuTime is how long the system has run this thread, in nanoseconds.
func cpuTime() int64 {
	const threadCPUTime = 3
	var ts syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, threadCPUTime, uintptr(unsafe.Pointer(&ts)), 0)
	if errno != 0 {
		fail(errno)
	}
	return ts.Nano()
}

// compute computes for so long, by the clock.
func compute(nanos int64) (n uint64) {
	for until := now() + nanos; now() < until; {
		for i := 0; i < 200; i++ {
			n = n*31 + uint64(i)
		}
	}
	return n
}
