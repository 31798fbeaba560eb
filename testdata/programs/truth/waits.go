package main

import (
	"bytes"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// waiter is a goroutine that waits for one thing, which main brings about.
type waiter struct {
	function, reason string
	// start starts the goroutine; wake ends what it waits for.
	start         func(*waiter)
	wake          func()
	before, after int64
	done          *sync.WaitGroup

	channel  chan int
	lock     sync.Mutex
	shared   sync.RWMutex
	cond     *sync.Cond
	group    sync.WaitGroup
	conn     net.Conn
	pipe     [2]int
	duration time.Duration
}

func (w *waiter) begin() {
	seenHere()
	w.before = now()
}

func (w *waiter) end() {
	w.after = now()
	atomic.AddInt64(&waited, 1)
	w.done.Done()
}

// These are the functions that goroutines begin with, by which a report knows them.

//go:noinline
func receives(w *waiter) { w.begin(); <-w.channel; w.end() }

//go:noinline
func sends(w *waiter) { w.begin(); w.channel <- 1; w.end() }

//go:noinline
func selects(w *waiter) {
	w.begin()
	select {
	case <-w.channel:
	case <-never:
	}
	w.end()
}

//go:noinline
func locks(w *waiter) { w.begin(); w.lock.Lock(); w.end() }

//go:noinline
func locksToRead(w *waiter) { w.begin(); w.shared.RLock(); w.end() }

//go:noinline
func waitsForCond(w *waiter) { w.cond.L.Lock(); w.begin(); w.cond.Wait(); w.end(); w.cond.L.Unlock() }

//go:noinline
func waitsForGroup(w *waiter) { w.begin(); w.group.Wait(); w.end() }

//go:noinline
func sleeps(w *waiter) { w.begin(); time.Sleep(w.duration); w.end() }

//go:noinline
func readsNetwork(w *waiter) {
	var one [1]byte
	w.begin()
	_, err := w.conn.Read(one[:])
	w.end()
	fail(err)
}

//go:noinline
func readsPipe(w *waiter) {
	var one [1]byte
	w.begin()
	_, err := syscall.Read(w.pipe[0], one[:])
	w.end()
	fail(err)
}

var (
	never  = make(chan int)
	waited int64
)

// waits are what prepare prepares.
type waits struct {
	much    amounts
	waiters []*waiter
}

// prepare makes the waiters, and what they need of the system.
func prepare(much amounts) *waits {
	all := &waits{much: much}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fail(err)
	for i := 0; i < much.each; i++ {
		add := func(function, reason string, start func(*waiter)) *waiter {
			w := &waiter{function: function, reason: reason, start: start, channel: make(chan int)}
			all.waiters = append(all.waiters, w)
			return w
		}
		w := add("main.receives", "chan receive", func(w *waiter) { go receives(w) })
		w.wake = func(w *waiter) func() { return func() { w.channel <- 1 } }(w)
		w = add("main.sends", "chan send", func(w *waiter) { go sends(w) })
		w.wake = func(w *waiter) func() { return func() { <-w.channel } }(w)
		w = add("main.selects", "select", func(w *waiter) { go selects(w) })
		w.wake = func(w *waiter) func() { return func() { w.channel <- 1 } }(w)
		w = add("main.locks", "sync", func(w *waiter) { go locks(w) })
		w.lock.Lock()
		w.wake = w.lock.Unlock
		w = add("main.locksToRead", "sync", func(w *waiter) { go locksToRead(w) })
		w.shared.Lock()
		w.wake = w.shared.Unlock
		w = add("main.waitsForCond", "sync.(*Cond).Wait", func(w *waiter) { go waitsForCond(w) })
		w.cond = sync.NewCond(new(sync.Mutex))
		w.wake = w.cond.Signal
		w = add("main.waitsForGroup", "sync", func(w *waiter) { go waitsForGroup(w) })
		w.group.Add(1)
		w.wake = w.group.Done
		w = add("main.sleeps", "sleep", func(w *waiter) { go sleeps(w) })
		w.duration = time.Duration(80+i) * time.Millisecond
		w = add("main.readsNetwork", "network", func(w *waiter) { go readsNetwork(w) })
		w.conn, err = net.Dial("tcp", listener.Addr().String())
		fail(err)
		there, err := listener.Accept()
		fail(err)
		w.wake = func() { _, err := there.Write([]byte{1}); fail(err) }
		w = add("main.readsPipe", "", func(w *waiter) { go readsPipe(w) })
		fail(syscall.Pipe(w.pipe[:]))
		write := w.pipe[1]
		w.wake = func() { _, err := syscall.Write(write, []byte{1}); fail(err) }
	}
	return all
}

// run has all of them wait, and wakes one after the other.
func (all *waits) run() {
	var done sync.WaitGroup
	done.Add(len(all.waiters))
	before := make([]int64, len(all.waiters))
	for i, w := range all.waiters {
		w.done = &done
		before[i] = now()
		created++
		w.start(w)
	}
	texts := map[string]bool{}
	for _, w := range all.waiters {
		texts[w.function+"("] = true
	}
	time.Sleep(2 * time.Millisecond)
	waitUntilBlocked(len(all.waiters), texts)
	// From here on all wait.
	blocked := now()
	time.Sleep(10 * time.Millisecond)
	wakes := make([]int64, len(all.waiters))
	for i, w := range all.waiters {
		time.Sleep(time.Duration(1+i%3) * 500 * time.Microsecond)
		wakes[i] = now()
		if w.wake == nil {
			wakes[i] = w.before + int64(w.duration)
			continue
		}
		w.wake()
	}
	done.Wait()
	after := now()
	for i, w := range all.waiters {
		bounds := Bounds{wakes[i] - blocked, w.after - w.before}
		if w.reason != "" {
			more("goroutines/"+w.function+" waits for "+w.reason+" ns", bounds)
		} else {
			more("goroutines/"+w.function+" system calls ns", bounds)
			// Stopping the world has taken its P from it.
			more("goroutines/"+w.function+" system calls without a P ns", bounds)
		}
		more("goroutines/"+w.function+" lives ns", Bounds{w.after - w.before, after - before[i]})
		more("goroutines/"+w.function+" goroutines", exactly(1))
	}
}

var stacks = make([]byte, 1<<20)

// waitUntilBlocked returns when so many goroutines are blocked, or in a system call, of
// those in whose stack one of the texts stands, or are waiters that have waited.
func waitUntilBlocked(want int, texts map[string]bool) {
	for ; ; time.Sleep(time.Millisecond) {
		blocked := int(atomic.LoadInt64(&waited))
		var n int
		stop(allStacks, func() { n = runtime.Stack(stacks, true) })
		for _, goroutine := range bytes.Split(stacks[:n], []byte("\n\n")) {
			head, stack, _ := strings.Cut(string(goroutine), "\n")
			for text := range texts {
				if strings.Contains(stack, text) && !strings.Contains(head, "[runn") {
					blocked++
				}
			}
		}
		if blocked >= want {
			return
		}
	}
}

// naps makes system calls of a known length.
//
//go:noinline
func naps(calls int, done *sync.WaitGroup) {
	defer done.Done()
	seenHere()
	for i := 0; i < calls; i++ {
		for left := syscall.NsecToTimespec(3_000_000); ; {
			asked := left.Nano()
			before := now()
			err := syscall.Nanosleep(&left, &left)
			after := now()
			more("profile/main.naps system calls", exactly(1))
			if err == nil {
				more("goroutines/main.naps system calls ns", Bounds{asked, after - before})
				break
			}
			// A signal ended it early; the rest is another call.
			more("goroutines/main.naps system calls ns", Bounds{0, after - before})
		}
	}
}

// spins computes on a thread of its own, whose processor time it reads.
//
//go:noinline
func spins(nanos int64, done *sync.WaitGroup) {
	before := now()
	runtime.LockOSThread()
	seenHere()
	cpu := cpuTime()
	compute(nanos)
	used := cpuTime() - cpu
	more("goroutines/main.spins runs ns", Bounds{used, now() - before})
	runtime.UnlockOSThread()
	done.Done()
}

func spin(much amounts) {
	var done sync.WaitGroup
	done.Add(4)
	created += 4
	before := now()
	go naps(much.calls, &done)
	go naps(much.calls, &done)
	go spins(int64(much.spin), &done)
	go spins(int64(much.spin), &done)
	done.Wait()
	put("procs/two spins ns", Bounds{0, now() - before})
}
