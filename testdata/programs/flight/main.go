//go:build go1.25

// Command flight writes snapshots of a flight recorder: a trace that has no
// beginning, because the older generations have been thrown away.
//
// With "both", it writes an ordinary trace of the same run instead, while the
// flight recorder is also on and takes a snapshot.
package main

import (
	"context"
	"io"
	"runtime/trace"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	w := record.Create()
	both := record.Mode() == "both"

	// Goroutines, a task and a region that outlive many generations.
	ctx, task := trace.NewTask(context.Background(), "before the recorder")
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for i := 0; i < 3; i++ {
		wg.Add(1)
		go worker(ctx, &wg, stop)
	}

	fr := trace.NewFlightRecorder(trace.FlightRecorderConfig{
		MinAge:   20 * time.Millisecond,
		MaxBytes: 1 << 20,
	})
	if err := fr.Start(); err != nil {
		record.Fatal(err)
	}
	if both {
		if err := trace.Start(w); err != nil {
			record.Fatal(err)
		}
	}
	time.Sleep(60 * time.Millisecond)
	snapshot := io.Writer(w)
	if both {
		snapshot = io.Discard
	}
	if _, err := fr.WriteTo(snapshot); err != nil {
		record.Fatal(err)
	}
	if both {
		trace.Stop()
	}
	fr.Stop()
	close(stop)
	wg.Wait()
	task.End()
	w.Close()
}

func worker(ctx context.Context, wg *sync.WaitGroup, stop chan struct{}) {
	defer wg.Done()
	defer trace.StartRegion(ctx, "worker").End()
	tick := time.NewTicker(500 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			trace.WithRegion(ctx, "tick", func() {
				time.Sleep(100 * time.Microsecond)
			})
		}
	}
}
