//go:build go1.23

// Command iterpull switches between coroutines with iter.Pull: iterators run
// to their end, stopped half way, never started, nested, and passed between
// goroutines.
package main

import (
	"iter"
	"runtime"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// sleepy blocks inside the coroutine.
func sleepy(n int) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for i := 0; i < n; i++ {
			time.Sleep(200 * time.Microsecond)
			if !yield(i, "tick") {
				return
			}
		}
	}
}

// doubled pulls from a coroutine inside a coroutine.
func doubled(s iter.Seq[int]) iter.Seq[int] {
	return func(yield func(int) bool) {
		next, stop := iter.Pull(s)
		defer stop()
		for v, ok := next(); ok && yield(2*v); v, ok = next() {
		}
	}
}

func drain[V any](s iter.Seq[V], limit int) {
	next, stop := iter.Pull(s)
	defer stop()
	for i := 0; i < limit; i++ {
		if _, ok := next(); !ok {
			return
		}
	}
}

func main() {
	record.Main(func() {
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				drain(count(20), 100)         // to the end
				drain(count(100), 10)         // stopped half way
				drain(count(5), 0)            // never started
				drain(doubled(count(10)), 50) // nested
			}()
		}
		wg.Wait()

		next, stop := iter.Pull2(sleepy(10))
		for i := 0; i < 5; i++ {
			next()
		}
		// The rest on another goroutine.
		done := make(chan struct{})
		go func() {
			defer close(done)
			for _, _, ok := next(); ok; _, _, ok = next() {
				runtime.Gosched()
			}
			stop()
		}()
		<-done

		// Left behind, suspended.
		next3, _ := iter.Pull(count(3))
		next3()
		runtime.KeepAlive(next3)
	})
}
