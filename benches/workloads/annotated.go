package main

import (
	"context"
	"fmt"
	"runtime/trace"
	"time"
)

// annotated is requests that say what they do: a task each, with a child task,
// nested regions on several goroutines, and logs.
func annotated() {
	for i := 0; i < 16; i++ {
		go func(i int) {
			for n := 0; ; n++ {
				step()
				request(i, n)
			}
		}(i)
	}
}

var kinds = [...]string{"search", "checkout", "login", "upload", "report"}

func request(worker, n int) {
	ctx, task := trace.NewTask(context.Background(), kinds[n%len(kinds)])
	defer task.End()
	if n%16 == 0 {
		trace.Logf(ctx, "request", "worker %d, request %d", worker, n)
	}
	trace.Log(ctx, "phase", "start")
	trace.WithRegion(ctx, "parse", func() { work(200) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, task := trace.NewTask(ctx, "query")
		defer task.End()
		for shard := 0; shard < 3; shard++ {
			defer trace.StartRegion(ctx, fmt.Sprintf("shard %d", shard)).End()
			work(500)
		}
		trace.Log(ctx, "rows", "17")
	}()
	defer trace.StartRegion(ctx, "wait").End()
	<-done
	if n%64 == 0 {
		trace.WithRegion(ctx, "back off", func() { time.Sleep(100 * time.Microsecond) })
	}
	trace.WithRegion(ctx, "render", func() { work(300) })
	trace.Log(ctx, "phase", "end")
}
