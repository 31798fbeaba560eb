// Command crash traces itself and works until it is killed: crash.sh does that.
package main

import (
	"os"
	"runtime"
	"runtime/trace"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

var sink [][]byte

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		record.Fatal(err)
	}
	if err := trace.Start(f); err != nil { // not buffered: nobody would flush
		record.Fatal(err)
	}
	balls := make(chan int)
	for i := 0; i < 4; i++ {
		go func() {
			for v := range balls {
				select {
				case balls <- v + 1:
				default:
					time.Sleep(10 * time.Microsecond)
				}
			}
		}()
		go func() {
			for i := 0; ; i++ {
				balls <- i
				if i%50 == 0 {
					time.Sleep(100 * time.Microsecond)
				}
			}
		}()
	}
	go func() { // collections, assists and sweeps
		for {
			sink = append(sink[:len(sink)%100], make([]byte, 64<<10))
			runtime.Gosched()
		}
	}()
	go func() { // system calls that block, and goroutines that end
		r, w, err := os.Pipe()
		if err != nil {
			record.Fatal(err)
		}
		for {
			var wg sync.WaitGroup
			wg.Add(2)
			go func() { defer wg.Done(); w.Write(make([]byte, 100<<10)) }()
			go func() {
				defer wg.Done()
				for n := 0; n < 100<<10; {
					m, err := r.Read(make([]byte, 8<<10))
					if err != nil {
						record.Fatal(err)
					}
					n += m
				}
			}()
			wg.Wait()
		}
	}()
	time.Sleep(time.Minute) // so that a lost one ends
}
