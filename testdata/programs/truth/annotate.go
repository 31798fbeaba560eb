package main

import (
	"context"
	"runtime/trace"
	"sync"
	"time"
)

// span is a thing of which there are several, each of which takes some time.
func span(name string, bounds Bounds) {
	mutex.Lock()
	defer mutex.Unlock()
	count := figures[name+" all"].Least
	figures[name+" all"] = exactly(count + 1)
	sum, shortest, longest := figures[name+" sum ns"], figures[name+" shortest ns"], figures[name+" longest ns"]
	sum.add(bounds)
	if count == 0 {
		shortest, longest = bounds, bounds
	}
	figures[name+" sum ns"] = sum
	figures[name+" shortest ns"] = Bounds{min(shortest.Least, bounds.Least), min(shortest.Most, bounds.Most)}
	figures[name+" longest ns"] = Bounds{max(longest.Least, bounds.Least), max(longest.Most, bounds.Most)}
}

// region does something in a region.
func region(ctx context.Context, name string, f func()) {
	before := now()
	r := trace.StartRegion(ctx, name)
	in := now()
	f()
	out := now()
	r.End()
	span("regions/"+name, Bounds{out - in, now() - before})
	more("count/RegionBegin events", exactly(1))
	more("count/RegionEnd events", exactly(1))
}

// task does something in a task.
func task(ctx context.Context, name string, f func(context.Context)) {
	before := now()
	inside, t := trace.NewTask(ctx, name)
	in := now()
	f(inside)
	out := now()
	t.End()
	span("tasks/"+name, Bounds{out - in, now() - before})
	more("count/TaskBegin events", exactly(1))
	more("count/TaskEnd events", exactly(1))
}

func log(ctx context.Context, message string) {
	trace.Log(ctx, "truth", message)
	mutex.Lock()
	logs++
	mutex.Unlock()
}

// query is a task of a request's, in a goroutine of its own.
//
//go:noinline
func query(ctx context.Context, done *sync.WaitGroup) {
	seenHere()
	task(ctx, "query", func(ctx context.Context) {
		region(ctx, "asking", func() {
			before := now()
			time.Sleep(2 * time.Millisecond)
			// From when on it sleeps is not known, until when it does at least is.
			more("regions/asking waits for sleep ns", Bounds{1_000_000, now() - before})
		})
		log(ctx, "asked")
	})
	done.Done()
}

// annotate makes tasks, regions in regions, and messages.
func annotate(much amounts) {
	for i := 0; i < much.requests; i++ {
		task(context.Background(), "request", func(ctx context.Context) {
			region(ctx, "handling", func() {
				time.Sleep(time.Millisecond)
				region(ctx, "computing", func() { compute(int64(1+i) * 300_000) })
				log(ctx, "computed")
			})
			var done sync.WaitGroup
			for j := 0; j < 2; j++ {
				done.Add(1)
				created++
				go query(ctx, &done)
			}
			done.Wait()
		})
	}
	put("tasks/request messages each", exactly(1))
	put("tasks/query messages each", exactly(1))
	put("tasks/request regions each", exactly(2))
	put("tasks/query regions each", exactly(1))
	put("tasks/request children each", exactly(2))
	put("tasks/request goroutines each", exactly(1))
	put("tasks/query goroutines each", exactly(1))
}

func finish() {
	put("count/Log events", exactly(logs))
}
