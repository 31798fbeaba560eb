// Command manygo starts 20,000 goroutines, has all of them alive at once,
// and lets them go.
package main

import (
	"sync"

	"gotrace.test/programs/internal/record"
)

const goroutines = 20_000

func main() {
	record.Main(func() {
		gate := make(chan struct{})
		var wg sync.WaitGroup
		wg.Add(goroutines)
		for i := 0; i < goroutines; i++ {
			go func() {
				defer wg.Done()
				<-gate
			}()
		}
		close(gate)
		wg.Wait()
	})
}
