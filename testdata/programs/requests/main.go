// Requests is the example of docs/diff.md: for 300 ms, eight clients make requests, which
// compute, allocate, and count themselves under a lock. With the argument lock, they hold the
// lock all the time.
package main

import (
	"context"
	"math/rand"
	"os"
	"runtime/trace"
	"sync"
	"time"
)

type server struct {
	locked bool

	mu    sync.Mutex
	total int
	kept  [64][]byte
}

func compute(rounds int) int {
	x := rounds
	for i := 0; i < rounds; i++ {
		x = x*1664525 + 1013904223
	}
	return x
}

func (s *server) count(result []byte) {
	s.total++
	s.kept[s.total%len(s.kept)] = result
}

func (s *server) handle() {
	ctx, task := trace.NewTask(context.Background(), "request")
	defer task.End()
	if s.locked {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	trace.WithRegion(ctx, "compute", func() {
		result := make([]byte, 20000)
		result[0] = byte(compute(20000))
		if !s.locked {
			s.mu.Lock()
			defer s.mu.Unlock()
		}
		s.count(result)
	})
}

func main() {
	s := &server{locked: len(os.Args) > 2 && os.Args[2] == "lock"}
	file, err := os.Create(os.Args[1])
	if err != nil {
		panic(err)
	}
	defer file.Close()
	if err := trace.Start(file); err != nil {
		panic(err)
	}
	defer trace.Stop()
	end := time.Now().Add(300 * time.Millisecond)
	var clients sync.WaitGroup
	for i := 0; i < 8; i++ {
		clients.Add(1)
		go func() {
			defer clients.Done()
			for time.Now().Before(end) {
				s.handle()
				time.Sleep(time.Duration(rand.Intn(400)) * time.Microsecond)
			}
		}()
	}
	clients.Wait()
}
