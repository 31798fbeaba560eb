package main

import (
	"runtime"
	"sync"
	"time"
)

// goroutines starts goroutines that end at once, and trees of them that live
// for a while, next to some thousands that hardly ever run.
func goroutines() {
	for i := 0; i < 2000; i++ {
		go func(i int) {
			time.Sleep(time.Duration(i) * time.Millisecond)
			for {
				step()
				time.Sleep(2 * time.Second)
			}
		}(i)
	}
	for i := 0; i < 4; i++ {
		go func() {
			for {
				step()
				spawn(3)
			}
		}()
		go func() {
			for n := 0; ; n++ {
				step()
				go work(50)
				if n%16 == 0 {
					runtime.Gosched()
				}
			}
		}()
	}
}

// spawn starts eight goroutines that do the same one level down, and waits.
func spawn(depth int) {
	var wg sync.WaitGroup
	for i := 0; i < 8; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if depth > 1 {
				spawn(depth - 1)
			} else {
				work(200)
			}
		}()
	}
	wg.Wait()
}
