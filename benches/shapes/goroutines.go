package main

import (
	"context"
	"runtime"
	"runtime/trace"
	"sync"
	"syscall"
	"time"
)

// Generations of 2 ms instead of a second.
const short = "2000000"

func init() {
	shapes = append(shapes,
		shape{name: "live-goroutines", does: "5,000 goroutines that exist at one time", run: liveGoroutines},
		shape{name: "short-goroutines", does: "5,000 goroutines that end at once", run: func(ctx context.Context, n int) { shortGoroutines(ctx, n) }},
		shape{name: "threads", does: "60 threads in system calls", run: threads},
		shape{name: "deep-stacks", does: "5,000 events with stacks of up to 120 frames", run: deepStacks},
		shape{name: "generations", does: "generations of 2 ms, for half a second", run: generations, period: short},
		shape{name: "parked-goroutines", does: "500 goroutines that wait while generations of 2 ms go by", run: parkedGoroutines, period: short},
		shape{name: "open-tasks", does: "5,000 tasks that stay open meanwhile", run: openTasks, period: short},
		shape{name: "open-regions", does: "5,000 regions that stay open meanwhile", run: openRegions, period: short},
	)
}

// pings has one goroutine wake another so many times.
func pings(n int) {
	channel := make(chan int)
	go func() {
		for range channel {
		}
	}()
	for i := range n {
		channel <- i
	}
	close(channel)
}

// pingFor does so in bursts, for some time.
func pingFor(long time.Duration) {
	for end := time.Now().Add(long); time.Now().Before(end); time.Sleep(time.Millisecond) {
		pings(100)
	}
}

func liveGoroutines(_ context.Context, n int) {
	var wg sync.WaitGroup
	gate := make(chan struct{})
	for range 5000 * n {
		wg.Add(1)
		go func() {
			<-gate
			wg.Done()
		}()
	}
	time.Sleep(50 * time.Millisecond)
	close(gate)
	wg.Wait()
}

func shortGoroutines(_ context.Context, n int) {
	var wg sync.WaitGroup
	slots := make(chan struct{}, 64)
	for range 5000 * n {
		wg.Add(1)
		slots <- struct{}{}
		go func() {
			<-slots
			wg.Done()
		}()
	}
	wg.Wait()
}

func threads(_ context.Context, n int) {
	var wg sync.WaitGroup
	for range 60 * n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			for range 50 {
				nap := syscall.Timespec{Nsec: 20000}
				syscall.Nanosleep(&nap, nil)
			}
		}()
	}
	wg.Wait()
}

func deepen(frames int, do func()) {
	if frames == 0 {
		do()
		return
	}
	deepen(frames-1, do)
}

func deepStacks(_ context.Context, n int) {
	channel := make(chan int)
	go func() {
		for range channel {
		}
	}()
	for i := range 5000 * n {
		deepen(i%120, func() { channel <- i })
	}
}

func generations(_ context.Context, n int) {
	pingFor(time.Duration(n) * 500 * time.Millisecond)
}

func parkedGoroutines(_ context.Context, n int) {
	gate := make(chan struct{})
	for range 500 * n {
		go func() { <-gate }()
	}
	pingFor(500 * time.Millisecond)
	close(gate)
}

func openTasks(ctx context.Context, n int) {
	for range 5000 * n {
		trace.NewTask(ctx, "task")
	}
	generations(ctx, n)
}

func openRegions(ctx context.Context, n int) {
	for range 5000 * n {
		trace.StartRegion(ctx, "region")
	}
	generations(ctx, n)
}
