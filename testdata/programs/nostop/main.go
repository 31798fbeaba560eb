// Command nostop exits amid its work without trace.Stop, as a crash would.
// What the file then holds ends where the runtime happened to be: whole
// generations if they were short, and a part of the last one.
package main

import (
	"os"
	"runtime/trace"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	f, err := os.Create(os.Args[1])
	if err != nil {
		record.Fatal(err)
	}
	if err := trace.Start(f); err != nil { // not buffered: nobody would flush
		record.Fatal(err)
	}
	rounds := 12_000
	if record.Mode() == "short" {
		rounds = 800
	}
	var wg sync.WaitGroup
	ball := make(chan int)
	for i := 0; i < 2; i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for j := 0; j < rounds; j++ {
				select {
				case v := <-ball:
					ball <- v + 1
				case ball <- 0:
					<-ball
				}
				if j%100 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	wg.Wait()
	os.Exit(3)
}
