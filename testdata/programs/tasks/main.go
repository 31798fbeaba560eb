// Command tasks works for tasks in the ways that servers do, or with the argument
// "misuse" ends tasks and regions that have ended, or in the wrong order.
package main

import (
	"context"
	"io"
	"runtime/trace"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

var bg = context.Background()

const unit = 2 * time.Millisecond

func main() {
	// Begun before the trace, in another one: one task ends in it, the other never.
	if err := trace.Start(io.Discard); err != nil {
		record.Fatal(err)
	}
	earlyCtx, early := trace.NewTask(bg, "early")
	earlyRegion := trace.StartRegion(earlyCtx, "early region")
	neverCtx, _ := trace.NewTask(bg, "never")
	trace.Stop()
	record.Main(func() {
		if record.Mode() == "misuse" {
			misuse()
			return
		}
		time.Sleep(unit)
		earlyRegion.End()
		early.End()
		trace.Log(neverCtx, "", "of a task that began before the trace and does not end")
		requests()
		outlives()
		inTurn()
		handedOver()
		numbers()
		trace.NewTask(bg, "open")
		trace.StartRegion(bg, "open region")
		time.Sleep(unit)
	})
}

// requests are tasks of one type, with parts that have parts; all of their time is in
// regions of the parts, on one goroutine.
func requests() {
	for i := 0; i < 3; i++ {
		ctx, request := trace.NewTask(bg, "request")
		dbCtx, db := trace.NewTask(ctx, "db")
		rowCtx, row := trace.NewTask(dbCtx, "row")
		trace.WithRegion(rowCtx, "scan", func() { time.Sleep(unit) })
		row.End()
		db.End()
		request.End()
	}
}

// outlives has a part that goes on after the whole has ended, on a goroutine of its own.
func outlives() {
	ctx, parent := trace.NewTask(bg, "parent")
	childCtx, child := trace.NewTask(ctx, "child")
	done := make(chan struct{})
	go func() {
		defer close(done)
		trace.WithRegion(childCtx, "outlives", func() { time.Sleep(3 * unit) })
		child.End()
	}()
	trace.WithRegion(ctx, "parent's own", func() { time.Sleep(unit) })
	parent.End()
	<-done
}

// inTurn has one goroutine work for two tasks that are open all the while.
func inTurn() {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		left, leftTask := trace.NewTask(bg, "left")
		right, rightTask := trace.NewTask(bg, "right")
		for i := 0; i < 3; i++ {
			trace.WithRegion(left, "turn", func() { time.Sleep(unit) })
			trace.WithRegion(right, "turn", func() { time.Sleep(2 * unit) })
		}
		leftTask.End()
		rightTask.End()
	}()
	wg.Wait()
}

// handedOver begins a task here that another goroutine works for, without a region.
func handedOver() {
	_, task := trace.NewTask(bg, "handed over")
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(unit)
		task.End()
	}()
	<-done
	time.Sleep(unit)
}

// numbers are types of tasks, too.
func numbers() {
	_, task := trace.NewTask(bg, "404")
	time.Sleep(unit)
	task.End()
}

func misuse() {
	// On a goroutine that was there before the trace, and on one that was not.
	wrong(bg)
	done := make(chan struct{})
	go func() {
		defer close(done)
		wrong(bg)
	}()
	<-done
	ctx, task := trace.NewTask(bg, "ends twice")
	wrong(ctx)
	task.End()
	time.Sleep(unit)
	task.End()
}

func wrong(ctx context.Context) {
	// Ended twice, in no other region.
	alone := trace.StartRegion(ctx, "alone")
	time.Sleep(unit)
	alone.End()
	time.Sleep(unit)
	alone.End()
	// Ended twice, in another one.
	outer := trace.StartRegion(ctx, "outer")
	inner := trace.StartRegion(ctx, "inner")
	time.Sleep(unit)
	inner.End()
	time.Sleep(unit)
	inner.End()
	time.Sleep(unit)
	outer.End()
	// Ended in the wrong order.
	first := trace.StartRegion(ctx, "first")
	second := trace.StartRegion(ctx, "second")
	time.Sleep(unit)
	first.End()
	time.Sleep(unit)
	second.End()
}
