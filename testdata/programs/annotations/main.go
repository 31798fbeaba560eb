// Command annotations uses tasks, regions and logs in every way that is
// allowed, and in some that are odd: child tasks, nested regions, a task
// ended on another goroutine, tasks and regions that never end or that began
// before the trace, and names that are empty, too long, not UTF-8, or full of
// characters that need escaping.
package main

import (
	"context"
	"runtime/trace"
	"strings"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

var bg = context.Background()

// names holds the strings that a printer may get wrong.
var names = []string{
	"",
	" ",
	"plain",
	`"quoted" and \backslashed\ and 'single' and ` + "`back`",
	"line one\nline two\r\n\ttabbed",
	"nul\x00bell\a escape\x1b[31m delete\x7f",
	"not UTF-8: \xff\xfe\x80",
	"cut short: \xe2\x82",
	"surrogate: \xed\xa0\x80, overlong: \xc0\xaf",
	"caf\u00e9 \u65e5\u672c\u8a9e \U0001f600 \U0001f468\u200d\U0001f469",
	"not printable: \u0085 \u00a0 \u00ad \u200b \u200f \u2028 \u2029 \u202e \ufeff \ufffd \ufffe \U000e0001 \U0010ffff",
	"combining: e\u0301, a\u0308",
	"<b>&amp;</b> %s %d %% ${x} key=value, a=b",
	strings.Repeat("long ", 300),
	strings.Repeat("\u20ac", 400) + " cut inside a rune",
}

func main() {
	// Begun before the trace: their ends appear without a beginning.
	ctx, early := trace.NewTask(bg, "early task")
	earlyRegion := trace.StartRegion(ctx, "early region")

	record.Main(func() {
		trace.Log(ctx, "early", "log in a task that began before the trace")
		earlyRegion.End()
		early.End()

		tasks()
		regions()
		elsewhere()
		for _, s := range names {
			strange(s)
		}
		unfinished()
	})
}

// tasks nests tasks and ends them in the wrong order.
func tasks() {
	ctx1, t1 := trace.NewTask(bg, "parent")
	ctx2, t2 := trace.NewTask(ctx1, "child")
	ctx3, t3 := trace.NewTask(ctx2, "grandchild")
	trace.Log(ctx3, "", "log without a category")
	trace.Logf(ctx1, "format", "%d of %s", 42, "x")
	t1.End()
	trace.Log(ctx1, "late", "log in a task that has ended")
	_, t4 := trace.NewTask(ctx1, "child of a task that has ended")
	t4.End()
	t3.End()
	t2.End()
	trace.Log(bg, "none", "log without a task")
}

// regions nests regions of several tasks and of none.
func regions() {
	ctx, task := trace.NewTask(bg, "regions")
	defer task.End()
	trace.WithRegion(ctx, "outer", func() {
		trace.WithRegion(ctx, "middle", func() {
			trace.WithRegion(bg, "no task", func() {
				trace.WithRegion(ctx, "outer", func() { // the same name again
					time.Sleep(time.Millisecond)
				})
			})
		})
		// Goroutines begun inside a region.
		var wg sync.WaitGroup
		for i := 0; i < 3; i++ {
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer trace.StartRegion(ctx, "worker").End()
				time.Sleep(500 * time.Microsecond)
			}()
		}
		wg.Wait()
	})
}

// elsewhere ends a task on a goroutine that did not begin it.
func elsewhere() {
	ctx, task := trace.NewTask(bg, "ended elsewhere")
	done := make(chan struct{})
	go func() {
		defer close(done)
		trace.WithRegion(ctx, "elsewhere", func() {
			trace.Log(ctx, "where", "elsewhere")
			task.End()
		})
	}()
	<-done
}

func strange(s string) {
	ctx, task := trace.NewTask(bg, s)
	defer task.End()
	trace.WithRegion(ctx, s, func() {
		trace.Log(ctx, s, s)
	})
}

// unfinished leaves tasks and regions open: on a goroutine that exits, on one
// that is still blocked when the trace ends, and on this one.
func unfinished() {
	ctx, _ := trace.NewTask(bg, "unfinished")
	done := make(chan struct{})
	go func() {
		defer close(done)
		trace.StartRegion(ctx, "open on a dead goroutine")
	}()
	<-done
	started := make(chan struct{})
	go func() {
		trace.StartRegion(ctx, "open on a blocked goroutine")
		close(started)
		select {}
	}()
	<-started
	trace.NewTask(ctx, "unfinished child")
	trace.StartRegion(ctx, "open at the end")
	trace.StartRegion(bg, "open at the end, no task")
}
