// Command restart starts and stops the tracer many times amid work, and keeps
// the last trace: one that begins in the middle of everything, with
// goroutines, threads and collections in every state.
package main

import (
	"io"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"

	"gotrace.test/programs/internal/record"
)

var sink [4][]*int

func main() {
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := range sink {
		for _, f := range []func(int){allocate, sleep, syscalls, yield} {
			wg.Add(1)
			go func(i int, f func(int)) {
				defer wg.Done()
				for {
					select {
					case <-stop:
						return
					default:
						f(i)
					}
				}
			}(i, f)
		}
	}
	for i := 0; i < 10; i++ {
		if err := trace.Start(io.Discard); err != nil {
			record.Fatal(err)
		}
		time.Sleep(time.Duration(i) * 100 * time.Microsecond)
		trace.Stop()
	}
	record.Main(func() { time.Sleep(12 * time.Millisecond) })
	close(stop)
	wg.Wait()
}

func allocate(i int) {
	sink[i] = make([]*int, 1<<15)
	time.Sleep(50 * time.Microsecond)
}

func sleep(i int) { time.Sleep(time.Duration(i) * 100 * time.Microsecond) }

func syscalls(i int) {
	ts := syscall.NsecToTimespec(int64(i) * 100_000)
	syscall.Nanosleep(&ts, nil)
}

func yield(int) {
	for end := time.Now().Add(200 * time.Microsecond); time.Now().Before(end); {
	}
	runtime.Gosched()
}
