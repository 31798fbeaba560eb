// Command patterns shows one scheduler pattern at a time, for about 0.7 s, so
// that a diagnosis can be held against what is known to be wrong.
//
//	patterns MODE [TRACE]
//
// With TRACE it traces itself; GODEBUG=schedtrace=50,scheddetail=1,gctrace=1
// makes it log instead, or besides.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// length is how long a pattern lasts.
const length = 700 * time.Millisecond

var traced bool

// brisk is how long a pattern lasts that makes very many events: not as long where
// each of them is recorded.
func brisk() time.Duration {
	if traced {
		return length / 5
	}
	return length
}

var modes = map[string]func(){
	"starvation": starvation,
	"syscalls":   syscalls,
	"network":    network,
	"gc":         gc,
	"stuck":      stuck,
	"leak":       leak,
	"convoy":     convoy,
	"pinned":     pinned,
	"handoff":    handoff,
	"marking":    marking,
	"busy":       busy,
	"idle":       idle,
	"server":     server,
	"locked":     locked,
	"waiting":    waiting,
	"calls":      calls,
	"stall":      stall,
	"batch":      batch,
}

func main() {
	if len(os.Args) < 2 || modes[os.Args[1]] == nil {
		names := make([]string, 0, len(modes))
		for name := range modes {
			names = append(names, name)
		}
		sort.Strings(names)
		fmt.Fprintf(os.Stderr, "usage: patterns %s [TRACE]\n", strings.Join(names, "|"))
		os.Exit(2)
	}
	if len(os.Args) > 2 {
		traced = true
		f, err := os.Create(os.Args[2])
		fail(err)
		fail(trace.Start(f))
		defer f.Close()
		defer trace.Stop()
	}
	modes[os.Args[1]]()
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// spin computes until the deadline.
func spin(until time.Time) (n uint64) {
	for time.Now().Before(until) {
		for i := 0; i < 1000; i++ {
			n = n*31 + uint64(i)
		}
	}
	return n
}

// starvation: far more workers that only compute than there are Ps.
func starvation() { workers(50 * runtime.GOMAXPROCS(0)) }

// busy: as many workers as Ps, which is as it should be.
func busy() { workers(runtime.GOMAXPROCS(0)) }

func workers(n int) {
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			spin(end)
		}()
	}
	wg.Wait()
}

// syscalls: many goroutines that block their threads in the kernel.
func syscalls() {
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for i := 0; i < 60; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				ts := syscall.NsecToTimespec(int64(8 * time.Millisecond))
				syscall.Nanosleep(&ts, nil)
			}
		}()
	}
	wg.Wait()
}

// network: hundreds of connections whose requests come all at once, and need
// more computing than there is time for.
func network() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go echo(c, 300*time.Microsecond)
		}
	}()
	const connections = 300
	conns := make([]net.Conn, connections)
	for i := range conns {
		conns[i], err = net.Dial("tcp", ln.Addr().String())
		fail(err)
	}
	var wg sync.WaitGroup
	end := time.Now().Add(length)
	for _, c := range conns {
		wg.Add(1)
		go func(c net.Conn) {
			defer wg.Done()
			ping(c, end, 0)
		}(c)
	}
	wg.Wait()
	ln.Close()
}

// ping sends requests and reads their answers.
func ping(c net.Conn, end time.Time, pause time.Duration) {
	buf := make([]byte, 16)
	for time.Now().Before(end) {
		if _, err := c.Write(buf); err != nil {
			return
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		if pause > 0 {
			time.Sleep(pause)
		}
	}
	c.Close()
}

// echo answers each request after some computing.
func echo(c net.Conn, work time.Duration) {
	defer c.Close()
	buf := make([]byte, 16)
	for {
		if _, err := io.ReadFull(c, buf); err != nil {
			return
		}
		spin(time.Now().Add(work))
		if _, err := c.Write(buf); err != nil {
			return
		}
	}
}

// server: a few clients that a server answers easily.
func server() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go echo(c, 20*time.Microsecond)
		}
	}()
	var wg sync.WaitGroup
	end := time.Now().Add(length)
	for i := 0; i < 10; i++ {
		c, err := net.Dial("tcp", ln.Addr().String())
		fail(err)
		wg.Add(1)
		go func() {
			defer wg.Done()
			ping(c, end, 3*time.Millisecond)
		}()
	}
	wg.Wait()
	ln.Close()
}

type node struct {
	next *node
	data [6]int
}

var live [64]*node

// gc: a heap of pointers that is thrown away as fast as it is made, with hardly
// any room before the next cycle.
func gc() {
	debug.SetGCPercent(10)
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for time.Now().Before(end) {
				var head *node
				for j := 0; j < 5000; j++ {
					head = &node{next: head}
				}
				live[(i*7+len(live)/2)%len(live)] = head
				i++
			}
		}(i)
	}
	wg.Wait()
}

// stuck: a loop that cannot be preempted (run it with asyncpreemptoff=1) holds a
// P for most of the time.
func stuck() {
	end := time.Now().Add(length)
	busy := time.Now().Add(length * 7 / 10).UnixNano()
	go func() {
		for now := (syscall.Timespec{}); !until(&now, busy); {
		}
	}()
	for time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
}

// leak: goroutines that wait for what never comes.
func leak() {
	end := time.Now().Add(length)
	for time.Now().Before(end) {
		for i := 0; i < 3; i++ {
			ch := make(chan int)
			go func() { <-ch }()
		}
		time.Sleep(time.Millisecond)
	}
}

// convoy: everybody needs the same lock nearly all the time.
func convoy() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	end := time.Now().Add(length)
	for i := 0; i < 40; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				mu.Lock()
				spin(time.Now().Add(100 * time.Microsecond))
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
}

// pinned: one goroutine computes, the other Ps have nothing to do.
func pinned() { workers(1) }

// idle: nothing happens.
func idle() {
	for end := time.Now().Add(length); time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
}

// handoff: goroutines that are locked to their threads take turns, so that each
// turn waits for a thread to be woken while the Ps idle. There are so many turns
// that half of the time shows it.
func handoff() {
	end := time.Now().Add(length / 2)
	ping, pong := make(chan bool), make(chan bool)
	turn := func(in, out chan bool) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for range in {
			out <- true
		}
		close(out)
	}
	go turn(ping, pong)
	runtime.LockOSThread()
	for time.Now().Before(end) {
		ping <- true
		<-pong
	}
	close(ping)
	<-pong
}

// locked: workers that are locked to their threads, as for a C library that wants
// that, get small pieces of work: each waits for its thread to be woken, while the
// Ps idle.
func locked() {
	end := time.Now().Add(brisk())
	var wg sync.WaitGroup
	work, done := make(chan time.Duration), make(chan bool, 100)
	for i := 0; i < 3*runtime.GOMAXPROCS(0); i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for d := range work {
				spin(time.Now().Add(d))
				done <- true
			}
		}()
	}
	for time.Now().Before(end) {
		for i := 0; i < 2*runtime.GOMAXPROCS(0); i++ {
			work <- 5 * time.Microsecond
		}
		for i := 0; i < 2*runtime.GOMAXPROCS(0); i++ {
			<-done
		}
	}
	close(work)
	wg.Wait()
}

// waiting: hundreds of connections on which hardly anything comes.
func waiting() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	const connections = 250
	conns := make([]net.Conn, connections)
	for i := range conns {
		conns[i], err = net.Dial("tcp", ln.Addr().String())
		fail(err)
		c, err := ln.Accept()
		fail(err)
		go echo(c, 20*time.Microsecond)
	}
	buf := make([]byte, 16)
	end := time.Now().Add(length)
	for i := 0; time.Now().Before(end); i++ {
		c := conns[i%connections]
		_, err := c.Write(buf)
		fail(err)
		_, err = io.ReadFull(c, buf)
		fail(err)
		time.Sleep(5 * time.Millisecond)
	}
	for _, c := range conns {
		c.Close()
	}
	ln.Close()
}

// until tells, without a call that could be preempted, whether a time has come.
//
//go:nosplit
func until(now *syscall.Timespec, end int64) bool {
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 0, uintptr(unsafe.Pointer(now)), 0)
	return now.Sec*1e9+now.Nsec >= end
}

// calls: system calls one after the other, too short for the runtime to take the
// P away, and nothing between them that can be preempted (run it with
// asyncpreemptoff=1).
func calls() {
	zero, err := syscall.Open("/dev/zero", syscall.O_RDONLY, 0)
	fail(err)
	buf := make([]byte, 1<<18)
	end := time.Now().Add(brisk()).UnixNano()
	var stop atomic.Bool
	go func() {
		for now := (syscall.Timespec{}); !until(&now, end); {
			syscall.Syscall(syscall.SYS_READ, uintptr(zero), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)))
		}
		stop.Store(true)
	}()
	for !stop.Load() {
		time.Sleep(time.Millisecond)
	}
}

// stall: each collection has to wait for a goroutine that does not stop (run it
// with asyncpreemptoff=1).
func stall() {
	end := time.Now().Add(length)
	var stop atomic.Bool
	go func() {
		for time.Now().Before(end) {
			busy := time.Now().Add(40 * time.Millisecond).UnixNano()
			for now := (syscall.Timespec{}); !until(&now, busy); {
			}
			runtime.Gosched()
		}
		stop.Store(true)
	}()
	for !stop.Load() {
		runtime.GC()
	}
}

// batch: many short pieces of work, and more workers than Ps: all of them busy,
// and nobody waits for long.
func batch() {
	end := time.Now().Add(brisk())
	var wg sync.WaitGroup
	for i := 0; i < 8*runtime.GOMAXPROCS(0); i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				spin(time.Now().Add(10 * time.Microsecond))
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
}

// marking: the Ps are nearly busy, and every collection has a lot to mark.
func marking() {
	debug.SetGCPercent(-1)
	var head *node
	for i := 0; i < 3000000; i++ {
		head = &node{next: head}
	}
	end := time.Now().Add(length)
	var wg sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				spin(time.Now().Add(2 * time.Millisecond))
				time.Sleep(500 * time.Microsecond)
			}
		}()
	}
	for time.Now().Before(end) {
		time.Sleep(100 * time.Millisecond)
		runtime.GC()
	}
	wg.Wait()
	runtime.KeepAlive(head)
}
