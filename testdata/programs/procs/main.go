// Command procs changes GOMAXPROCS up and down while goroutines run, block,
// and sit in system calls.
package main

import (
	"runtime"
	"sync"
	"syscall"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		for i := 0; i < 6; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				for {
					select {
					case <-stop:
						return
					default:
					}
					work(i)
				}
			}(i)
		}
		for _, n := range []int{2, 8, 1, 3, 16, 4} {
			runtime.GOMAXPROCS(n)
			time.Sleep(5 * time.Millisecond)
		}
		close(stop)
		wg.Wait()
	})
}

func work(kind int) {
	switch kind % 3 {
	case 0:
		for end := time.Now().Add(300 * time.Microsecond); time.Now().Before(end); {
		}
	case 1:
		time.Sleep(300 * time.Microsecond)
	case 2:
		ts := syscall.NsecToTimespec(300_000)
		syscall.Nanosleep(&ts, nil)
	}
}
