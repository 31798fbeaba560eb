// Command collector traces a program that collects garbage, and prints what the runtime
// counted of the collector meanwhile, a name and nanoseconds a line.
//
//	collector TRACE forced|load
//
// With forced it sleeps between cycles that it asks for; with load goroutines allocate
// as fast as they can, and have to assist.
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

type node struct {
	left, right *node
	data        [4]int
}

func build(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: build(depth - 1), right: build(depth - 1)}
}

func read() map[string]int64 {
	samples := []metrics.Sample{}
	for _, description := range metrics.All() {
		if strings.HasPrefix(description.Name, "/cpu/classes/gc/") || description.Name == "/cpu/classes/total:cpu-seconds" {
			samples = append(samples, metrics.Sample{Name: description.Name})
		}
	}
	metrics.Read(samples)
	values := map[string]int64{}
	for _, sample := range samples {
		values[sample.Name] = int64(sample.Value.Float64() * 1e9)
	}
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	values["PauseTotalNs"] = int64(stats.PauseTotalNs)
	values["NumGC"] = int64(stats.NumGC)
	return values
}

func forced() {
	for i := 0; i < 20; i++ {
		time.Sleep(20 * time.Millisecond)
		runtime.GC()
	}
}

func load() {
	var wg sync.WaitGroup
	end := time.Now().Add(500 * time.Millisecond)
	for i := 0; i < 6; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			var kept [64]*node
			for n := 0; time.Now().Before(end); n++ {
				kept[n%len(kept)] = build(6)
			}
			runtime.KeepAlive(&kept)
		}()
	}
	wg.Wait()
}

func main() {
	kept := build(16)
	f, err := os.Create(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	// No cycle may be under way when the trace begins or ends.
	runtime.GC()
	before := read()
	if err := trace.Start(f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if os.Args[2] == "load" {
		load()
	} else {
		forced()
	}
	runtime.GC()
	trace.Stop()
	for name, value := range read() {
		fmt.Println(name, value-before[name])
	}
	runtime.KeepAlive(kept)
	f.Close()
}
