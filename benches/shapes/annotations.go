package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/trace"
	"sync"
	"time"
)

func init() {
	shapes = append(shapes,
		shape{name: "tasks", does: "20,000 tasks, all open at one time", run: tasks},
		shape{name: "task-chain", does: "5,000 tasks, each a part of the one before", run: taskChain},
		shape{name: "task-types", does: "5,000 tasks of 1 ms, each of a type of its own", run: taskTypes},
		shape{name: "logs", does: "20,000 messages for one task, each another text", run: logs},
		shape{name: "regions", does: "20,000 regions one after the other", run: regions},
		shape{name: "nested-regions", does: "5,000 regions inside one another", run: nestedRegions},
		shape{name: "region-names", does: "5,000 regions of 1 ms, each of a type of its own", run: regionNames},
		shape{name: "wakes-in-regions", does: "10,000 wakes by a goroutine inside 1,000 regions", run: wakesInRegions},
		shape{name: "created-in-region", does: "5,000 goroutines created in a region", run: createdInRegion},
	)
}

func tasks(ctx context.Context, n int) {
	open := make([]*trace.Task, 20000*n)
	for i := range open {
		_, open[i] = trace.NewTask(ctx, "task")
	}
	for _, task := range open {
		task.End()
	}
}

func taskChain(ctx context.Context, n int) {
	open := make([]*trace.Task, 5000*n)
	for i := range open {
		ctx, open[i] = trace.NewTask(ctx, "task")
	}
	for i := range open {
		open[len(open)-1-i].End()
	}
}

// sideBySide does n things, so many at one time that those of a millisecond do not take n
// milliseconds.
func sideBySide(n int, do func(i int)) {
	const workers = 500
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := worker; i < n; i += workers {
				do(i)
			}
		}()
	}
	wg.Wait()
}

func taskTypes(ctx context.Context, n int) {
	sideBySide(5000*n, func(i int) {
		_, task := trace.NewTask(ctx, fmt.Sprint("GET /user/", i))
		time.Sleep(time.Millisecond)
		task.End()
	})
}

func regionNames(ctx context.Context, n int) {
	sideBySide(5000*n, func(i int) {
		trace.WithRegion(ctx, fmt.Sprint("GET /user/", i), func() { time.Sleep(time.Millisecond) })
	})
}

func logs(ctx context.Context, n int) {
	ctx, task := trace.NewTask(ctx, "task")
	for i := range 20000 * n {
		trace.Log(ctx, "order", fmt.Sprint("message ", i))
	}
	task.End()
}

func regions(ctx context.Context, n int) {
	for range 20000 * n {
		trace.WithRegion(ctx, "region", func() {})
	}
}

func nestedRegions(ctx context.Context, n int) {
	open := make([]*trace.Region, 5000*n)
	for i := range open {
		open[i] = trace.StartRegion(ctx, "region")
		if i%100 == 0 {
			runtime.Gosched()
		}
	}
	for i := range open {
		open[len(open)-1-i].End()
	}
}

func wakesInRegions(ctx context.Context, n int) {
	for range 1000 {
		defer trace.StartRegion(ctx, "region").End()
	}
	pings(10000 * n)
}

func createdInRegion(ctx context.Context, n int) {
	ctx, task := trace.NewTask(ctx, "task")
	trace.WithRegion(ctx, "all", func() { shortGoroutines(ctx, n) })
	task.End()
}
