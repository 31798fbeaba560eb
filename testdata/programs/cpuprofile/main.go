// Command cpuprofile runs the CPU profiler while it traces, so that the trace
// gets samples: of goroutines with and without profiler labels, of system
// calls, and of the garbage collector.
package main

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"runtime/pprof"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			record.Fatal(err)
		}
		defer pprof.StopCPUProfile()

		var wg sync.WaitGroup
		for _, kind := range []string{"hash", "syscall", "allocate"} {
			wg.Add(1)
			go func(kind string) {
				defer wg.Done()
				labels := pprof.Labels("kind", kind, "request", "\u2116 7")
				pprof.Do(context.Background(), labels, func(context.Context) {
					for end := time.Now().Add(120 * time.Millisecond); time.Now().Before(end); {
						work(kind)
					}
				})
			}(kind)
		}
		wg.Wait()
	})
}

var (
	block = make([]byte, 1<<16)
	sink  []byte
)

func work(kind string) {
	switch kind {
	case "hash":
		sha256.Sum256(block)
	case "syscall":
		f, err := os.Open("/proc/self/stat")
		if err != nil {
			return
		}
		io.Copy(io.Discard, f)
		f.Close()
		time.Sleep(time.Millisecond)
	case "allocate":
		for i := 0; i < 20; i++ {
			sink = make([]byte, 1<<14)
		}
		time.Sleep(time.Millisecond)
	}
}
