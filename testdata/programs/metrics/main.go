// Command metrics traces a program that collects garbage and fights for a lock, and
// prints what runtime/metrics counted meanwhile, a name and a value a line:
// differences of what is cumulative, counts of histograms.
//
//	metrics TRACE
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/trace"
	"strings"
	"sync"
	"time"
)

func read() map[string]float64 {
	samples := []metrics.Sample{}
	cumulative := map[string]bool{}
	for _, description := range metrics.All() {
		name := description.Name
		if strings.HasPrefix(name, "/sched/") || strings.HasPrefix(name, "/cpu/classes/") ||
			strings.HasPrefix(name, "/gc/") || strings.HasPrefix(name, "/sync/") {
			samples = append(samples, metrics.Sample{Name: name})
			cumulative[name] = description.Cumulative
		}
	}
	metrics.Read(samples)
	values := map[string]float64{}
	for _, sample := range samples {
		name := sample.Name
		if cumulative[name] {
			name = "+" + name
		}
		switch sample.Value.Kind() {
		case metrics.KindUint64:
			values[name] = float64(sample.Value.Uint64())
		case metrics.KindFloat64:
			values[name] = sample.Value.Float64()
		case metrics.KindFloat64Histogram:
			for _, count := range sample.Value.Float64Histogram().Counts {
				values[name] += float64(count)
			}
		}
	}
	return values
}

type node struct {
	next *node
	data [6]int
}

var live [64]*node

func work() {
	var wg sync.WaitGroup
	var mu sync.Mutex
	end := time.Now().Add(800 * time.Millisecond)
	for i := 0; i < 12; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			for n := 0; time.Now().Before(end); n++ {
				var head *node
				for j := 0; j < 4000; j++ {
					head = &node{next: head}
				}
				mu.Lock()
				live[i] = head
				for until := time.Now().Add(200 * time.Microsecond); time.Now().Before(until); {
				}
				mu.Unlock()
				time.Sleep(100 * time.Microsecond)
			}
		}(i)
	}
	wg.Wait()
	runtime.GC()
}

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// No cycle may be under way when the trace begins.
	runtime.GC()
	before := read()
	if err := trace.Start(f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	work()
	trace.Stop()
	for name, value := range read() {
		if strings.HasPrefix(name, "+") {
			value -= before[name]
		}
		fmt.Println(strings.TrimPrefix(name, "+"), value)
	}
	f.Close()
}
