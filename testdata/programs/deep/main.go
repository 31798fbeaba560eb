// Command deep blocks at the bottom of stacks around and beyond the 128
// frames that a trace can hold, reached over many different paths.
package main

import (
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		var wg sync.WaitGroup
		for _, depth := range []int{1, 30, 64, 100, 120, 121, 122, 123, 124, 125, 126, 127, 128, 129, 130, 131, 200, 1000} {
			for path := 0; path < 2; path++ {
				wg.Add(1)
				go func(depth, path int) {
					defer wg.Done()
					even(depth, path)
				}(depth, path)
			}
		}
		wg.Wait()
	})
}

//go:noinline
func even(depth, path int) {
	if depth <= 1 {
		time.Sleep(100 * time.Microsecond)
		return
	}
	if path>>(depth%8)&1 == 0 {
		odd(depth-1, path)
	} else {
		even(depth-1, path)
	}
}

//go:noinline
func odd(depth, path int) {
	if depth <= 1 {
		time.Sleep(100 * time.Microsecond)
		return
	}
	even(depth-1, path)
}
