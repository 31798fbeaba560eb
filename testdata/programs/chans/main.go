// Command chans moves values through channels: unbuffered, buffered, closed
// and nil ones, a pipeline, select with many ready and with no ready cases,
// futile wakeups, Gosched, a goroutine that blocks for ever, and one that is
// preempted.
package main

import (
	"runtime"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		pipeline(40)
		fanIn(4, 25)
		futile(4, 20)
		yield(4, 10)
		forever()
		preempted(30 * time.Millisecond)
	})
}

// pipeline passes n values through three unbuffered stages.
func pipeline(n int) {
	stage := func(in <-chan int) <-chan int {
		out := make(chan int)
		go func() {
			defer close(out)
			for v := range in {
				out <- v + 1
			}
		}()
		return out
	}
	src := make(chan int)
	out := stage(stage(stage(src)))
	go func() {
		defer close(src)
		for i := 0; i < n; i++ {
			src <- i
		}
	}()
	for range out {
	}
}

// fanIn has senders and a receiver that meet in select statements.
func fanIn(senders, n int) {
	data := make(chan int, 2)
	quit := make(chan struct{})
	var nilChan chan int
	var wg sync.WaitGroup
	for i := 0; i < senders; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for {
				select {
				case data <- i:
				case <-nilChan:
				case <-quit:
					return
				}
			}
		}(i)
	}
	for i := 0; i < n; {
		select {
		case <-data:
			i++
		default:
			runtime.Gosched()
		}
	}
	close(quit)
	wg.Wait()
}

// futile wakes readers of a channel that find it empty again.
func futile(readers, n int) {
	c := make(chan int, 1)
	var wg sync.WaitGroup
	for i := 0; i < readers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range c {
			}
		}()
	}
	for i := 0; i < n; i++ {
		c <- i
		runtime.Gosched()
	}
	close(c)
	wg.Wait()
}

func yield(goroutines, n int) {
	var wg sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < n; j++ {
				runtime.Gosched()
			}
		}()
	}
	wg.Wait()
}

// forever leaves two goroutines behind that can never run again.
func forever() {
	go func() { select {} }()
	go func() { var c chan int; <-c }()
	time.Sleep(time.Millisecond)
}

// preempted spins on more goroutines than there are Ps, so that the runtime
// has to take the Ps away from them.
func preempted(d time.Duration) {
	end := time.Now().Add(d)
	var wg sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0)+2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for time.Now().Before(end) {
				spin(100_000)
			}
		}()
	}
	wg.Wait()
}

//go:noinline
func spin(n int) (sum int) {
	for i := 0; i < n; i++ {
		sum += i * i
	}
	return sum
}
