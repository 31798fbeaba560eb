// Command hello makes about the smallest trace that still has a little of
// everything: two goroutines, a channel, a task, a region, a log and a sleep.
// Its text forms are short enough to be read whole.
package main

import (
	"context"
	"runtime/trace"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		ctx, task := trace.NewTask(context.Background(), "greeting")
		defer task.End()

		words := make(chan string)
		go func() {
			defer close(words)
			trace.WithRegion(ctx, "speak", func() {
				words <- "hello"
				time.Sleep(time.Millisecond)
				words <- "world"
			})
		}()
		for w := range words {
			trace.Log(ctx, "word", w)
		}
	})
}
