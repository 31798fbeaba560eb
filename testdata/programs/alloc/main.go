// Command alloc is run with GODEBUG=traceallocfree=1, so that the trace has
// every heap span, heap object and goroutine stack: those that exist when it
// starts, and those that come and go.
package main

import (
	"runtime"
	"sync"

	"gotrace.test/programs/internal/record"
)

type small struct{ next *small }

type large struct{ data [40 << 10]byte }

var sink any

func main() {
	sink = new(large)
	record.Main(func() {
		var list *small
		for i := 0; i < 200; i++ {
			list = &small{list}
		}
		sink = list
		for i := 0; i < 8; i++ {
			sink = new(large)
			sink = make([]string, 20)
			sink = map[string]int{"a": i}
		}
		sink = nil
		runtime.GC()

		// Goroutines whose stacks grow.
		var wg sync.WaitGroup
		for i := 0; i < 4; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				grow(10 << i)
			}(i)
		}
		wg.Wait()
		runtime.GC()
	})
}

//go:noinline
func grow(n int) byte {
	var frame [256]byte
	if n > 0 {
		frame[n%256] = grow(n - 1)
	}
	return frame[0]
}
