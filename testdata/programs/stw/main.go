// Command stw stops the world in every way a program can ask for.
package main

import (
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for {
					select {
					case <-stop:
						return
					case <-time.After(200 * time.Microsecond):
					}
				}
			}()
		}

		var ms runtime.MemStats
		runtime.ReadMemStats(&ms)
		runtime.Stack(make([]byte, 1<<16), true)
		runtime.GOMAXPROCS(3)
		runtime.GOMAXPROCS(4)
		runtime.GC()
		debug.FreeOSMemory()
		debug.SetGCPercent(200)
		debug.SetMemoryLimit(1 << 40)
		pprof.Lookup("goroutine").WriteTo(io.Discard, 0)
		pprof.Lookup("threadcreate").WriteTo(io.Discard, 0)
		metrics.Read([]metrics.Sample{{Name: "/sched/goroutines:goroutines"}})
		heapDump()

		close(stop)
		wg.Wait()
	})
}

func heapDump() {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		record.Fatal(err)
	}
	defer f.Close()
	debug.WriteHeapDump(f.Fd())
}
