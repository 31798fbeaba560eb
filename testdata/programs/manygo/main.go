// Command manygo has 20,000 goroutines. With one P, most of them are created
// before the first one gets to run.
package main

import (
	"sync"

	"gotrace.test/programs/internal/record"
)

const goroutines = 20_000

func main() {
	record.Main(func() {
		var wg sync.WaitGroup
		wg.Add(goroutines)
		for i := 0; i < goroutines; i++ {
			go wg.Done()
		}
		wg.Wait()
	})
}
