package main

import (
	"runtime"
	"sync"
	"syscall"
)

// oneOfMany is one of a crowd.
//
//go:noinline
func oneOfMany(gate chan int, at *Bounds, done *sync.WaitGroup) {
	at.Least = now()
	<-gate
	at.Most = now()
	done.Done()
}

// crowd makes many goroutines that are there at the same time.
func crowd(much amounts) {
	var done sync.WaitGroup
	gate := make(chan int)
	done.Add(much.people)
	at := make([]Bounds, much.people)
	for i := range at {
		created++
		go oneOfMany(gate, &at[i], &done)
	}
	waitUntilBlocked(int(waited)+much.people, map[string]bool{"main.oneOfMany(": true})
	blocked := now()
	put("goroutines/at most goroutines", exactly(int64(runtime.NumGoroutine())))
	compute(10_000_000)
	opens := now()
	close(gate)
	done.Wait()
	n := int64(much.people)
	put("goroutines/main.oneOfMany goroutines", exactly(n))
	for _, a := range at {
		more("goroutines/main.oneOfMany waits for chan receive ns", Bounds{opens - blocked, a.Most - a.Least})
	}
}

//go:noinline
func runsLate(at *int64, done *sync.WaitGroup) { *at = now(); done.Done() }

//go:noinline
func wokenLate(work chan *int64, first, last *int64, done *sync.WaitGroup) {
	*first = now()
	for at := range work {
		*at = now()
	}
	*last = now()
	done.Done()
}

//go:noinline
func yields(n int, done *sync.WaitGroup) {
	for i := 0; i < n; i++ {
		runtime.Gosched()
	}
	done.Done()
}

// kept is how long a goroutine waited for the P: it was to run between before and after,
// the P was another's until the third time, and it ran at the last.
func kept(before, after, until, at int64) Bounds {
	if at < until {
		// The other one was interrupted.
		return Bounds{0, at - before}
	}
	return Bounds{until - after, at - before}
}

// wakesLate wakes a goroutine and keeps the P.
//
//go:noinline
func wakesLate(rounds int, done *sync.WaitGroup) {
	var first, last int64
	var woken sync.WaitGroup
	work := make(chan *int64)
	woken.Add(1)
	created++
	made := now()
	go wokenLate(work, &first, &last, &woken)
	var sum Bounds
	for i := 0; i < rounds; i++ {
		var at, before, after int64
		for after == 0 {
			before = now()
			// It is taken only if the other one waits for it.
			select {
			case work <- &at:
				after = now()
			default:
				runtime.Gosched()
			}
		}
		compute(2_000_000)
		until := now()
		for at == 0 {
			runtime.Gosched()
		}
		sum.add(kept(before, after, until, at))
	}
	closes := now()
	close(work)
	woken.Wait()
	sum.add(Bounds{0, first - made + last - closes})
	put("latency/main.wokenLate ns", sum)
	put("latency/main.wokenLate waits", exactly(int64(rounds)+2))
	// Besides, it makes the other one, closes its channel, and wakes main.
	put("latency/main.wakesLate wakes", Bounds{int64(rounds), int64(rounds) + 3})
	done.Done()
}

// onOneP has goroutines wait for the only P for as long as another computes.
func onOneP(much amounts) {
	var done sync.WaitGroup
	was := setProcs(1)
	for i := 0; i < much.rounds; i++ {
		var at int64
		done.Add(1)
		created++
		before := now()
		go runsLate(&at, &done)
		after := now()
		compute(2_000_000)
		until := now()
		done.Wait()
		more("latency/main.runsLate ns", kept(before, after, until, at))
		more("latency/main.runsLate waits", exactly(1))
	}
	done.Add(1)
	created++
	go wakesLate(much.rounds, &done)
	done.Wait()
	done.Add(2)
	created += 2
	go yields(20, &done)
	go yields(20, &done)
	done.Wait()
	// Each waits before it first runs, too; and may be interrupted.
	put("latency/main.yields waits", Bounds{2 * 21, 2*21 + 3})
	setProcs(was)
}

// edge is of goroutines that are there before the trace, or still are when it ends.
type edge struct {
	channel chan int
	pipe    [2]int
	seen    int64
	done    sync.WaitGroup
	after   [2]int64
	wakes   [2]int64
}

//go:noinline
func earlyReceives(e *edge) {
	<-e.channel
	e.after[0] = now()
	// Only where a goroutine stops by itself does a trace tell its stack, and so its name.
	runtime.Gosched()
	e.done.Done()
}

//go:noinline
func earlyReads(e *edge) {
	var one [1]byte
	_, err := syscall.Read(e.pipe[0], one[:])
	e.after[1] = now()
	fail(err)
	runtime.Gosched()
	e.done.Done()
}

//go:noinline
func earlyStays(e *edge) { <-never }

func beginEarly() *edge {
	e := &edge{channel: make(chan int)}
	fail(syscall.Pipe(e.pipe[:]))
	e.done.Add(2)
	go earlyReceives(e)
	go earlyReads(e)
	go earlyStays(e)
	return e
}

// end wakes two of the three.
func (e *edge) end() {
	e.wakes[0] = now()
	e.channel <- 1
	e.wakes[1] = now()
	_, err := syscall.Write(e.pipe[1], []byte{1})
	fail(err)
	e.done.Wait()
}

//go:noinline
func lateReceives(e *edge) { <-e.channel }

//go:noinline
func lateReads(e *edge) {
	var one [1]byte
	_, err := syscall.Read(e.pipe[0], one[:])
	fail(err)
}

const leaks = 5

func beginLate() *edge {
	e := &edge{channel: make(chan int)}
	fail(syscall.Pipe(e.pipe[:]))
	e.wakes[0] = now()
	for i := 0; i < leaks; i++ {
		created++
		go lateReceives(e)
	}
	created++
	go lateReads(e)
	waitUntilBlocked(int(waited)+leaks, map[string]bool{"main.lateReceives(": true})
	waitUntilBlocked(int(waited)+1, map[string]bool{"main.lateReads(": true})
	e.seen = now()
	return e
}

// stillThere says what is so because the trace does not end before then.
func (e *edge) stillThere(ends int64) { e.after[0] = ends }

// and says how long the goroutines that are there at the edges have waited.
func (e *edge) and(early *edge, begins, began, ended int64) {
	for i, name := range []string{"main.earlyReceives waits ns", "main.earlyReads system calls ns"} {
		put("goroutines/"+name, Bounds{early.wakes[i] - began, early.after[i] - begins})
	}
	least, most := e.after[0]-e.seen, ended-e.wakes[0]
	put("goroutines/main.earlyStays waits ns", Bounds{e.after[0] - began, ended - begins})
	put("goroutines/main.lateReceives waits for chan receive ns", Bounds{leaks * least, leaks * most})
	put("goroutines/main.lateReads system calls ns", Bounds{least, most})
	put("leaks/main.lateReceives goroutines", exactly(leaks))
	put("leaks/main.lateReceives longest wait ns", Bounds{least, most})
}
