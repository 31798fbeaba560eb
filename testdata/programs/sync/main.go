// Command sync contends for the primitives of package sync: Mutex, RWMutex,
// Cond, WaitGroup and Once.
package main

import (
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		mutex(8, 12)
		rwMutex(6, 8)
		cond(5, 8)
		once(5)
	})
}

// busy holds the processor for about d, so that others pile up behind a lock.
func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func mutex(goroutines, n int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < n; j++ {
				mu.Lock()
				busy(100 * time.Microsecond)
				mu.Unlock()
			}
		}()
	}
	wg.Wait()
}

func rwMutex(readers, n int) {
	var mu sync.RWMutex
	var wg sync.WaitGroup
	for i := 0; i < readers; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < n; j++ {
				mu.RLock()
				busy(20 * time.Microsecond)
				mu.RUnlock()
			}
		}()
	}
	for j := 0; j < n; j++ {
		mu.Lock()
		busy(50 * time.Microsecond)
		mu.Unlock()
	}
	wg.Wait()
}

// cond releases all waiters n times, waiting for each of them in between.
func cond(waiters, n int) {
	var mu sync.Mutex
	c := sync.NewCond(&mu)
	round := 0
	var start, done sync.WaitGroup
	for i := 0; i < waiters; i++ {
		start.Add(1)
		done.Add(1)
		go func() {
			defer done.Done()
			mu.Lock()
			defer mu.Unlock()
			start.Done()
			for round < n {
				c.Wait()
			}
		}()
	}
	start.Wait()
	for i := 0; i < n; i++ {
		time.Sleep(200 * time.Microsecond)
		mu.Lock()
		round++
		mu.Unlock()
		if i%2 == 0 {
			c.Signal()
		} else {
			c.Broadcast()
		}
	}
	done.Wait()
}

func once(goroutines int) {
	var o sync.Once
	var wg sync.WaitGroup
	for i := 0; i < goroutines; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o.Do(func() { time.Sleep(time.Millisecond) })
		}()
	}
	wg.Wait()
}
