// Command gc makes the garbage collector work hard: a live heap of pointers
// that takes long to mark, goroutines that allocate faster than that and so
// must assist, large allocations that must sweep first, forced collections,
// some of which have to wait for one another, and finalizers.
//
// With traceadvanceperiod below the length of a collection, generations begin
// amid marking, assisting and sweeping.
package main

import (
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

type node struct {
	left, right *node
	pad         [4]uintptr
}

var (
	live *node
	junk []*node // also scattered over the heap, to have spans to sweep
	sink [8]any
)

func tree(depth int) *node {
	n := new(node)
	if depth > 0 {
		n.left, n.right = tree(depth-1), tree(depth-1)
	}
	return n
}

func main() {
	depth, scattered, rounds, allocs := 14, 1<<14, 1, 300
	if record.Mode() == "heavy" {
		depth, scattered, rounds, allocs = 17, 1<<19, 2, 600
	}
	live = tree(depth)
	for i := 0; i < scattered; i++ {
		junk = append(junk, new(node))
	}
	debug.SetGCPercent(20)

	record.Main(func() {
		for i := 0; i < rounds; i++ {
			assist(allocs)
			forced()
			sweep(i)
		}
		finalize()
	})
}

// assist allocates on more goroutines than the collector has workers.
func assist(n int) {
	var wg sync.WaitGroup
	for i := range sink {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for j := 0; j < n; j++ {
				sink[i] = make([]*node, 256)
			}
		}(i)
	}
	wg.Wait()
}

// forced runs two collections at once: one waits until the other ends.
func forced() {
	var wg sync.WaitGroup
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.GC()
		}()
	}
	wg.Wait()
}

// sweep starts a collection without runtime.GC, which would sweep itself, and
// then allocates one large object, which has to sweep in proportion.
func sweep(round int) {
	for i := range junk {
		if i%4 == round {
			junk[i] = nil
		}
	}
	var before, now debug.GCStats
	debug.ReadGCStats(&before)
	for now = before; now.NumGC == before.NumGC; debug.ReadGCStats(&now) {
		sink[0] = make([]*node, 1<<14)
	}
	sink[1] = make([]byte, 4<<20)
	sink[2] = make([]byte, 16<<20)
	for i := range sink {
		sink[i] = nil
	}
}

func finalize() {
	done := make(chan struct{})
	func() {
		n := new(node)
		runtime.SetFinalizer(n, func(*node) { close(done) })
	}()
	runtime.GC()
	select {
	case <-done:
	case <-time.After(50 * time.Millisecond):
	}
}
