// Command timers sleeps, ticks, and times out: Sleep, Ticker, Reset,
// AfterFunc, context deadlines, and timers that fire for nobody.
package main

import (
	"context"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	record.Main(func() {
		var wg sync.WaitGroup
		for _, f := range []func(){sleeper, ticker, reset, afterFunc, deadline, stopped} {
			wg.Add(1)
			go func(f func()) {
				defer wg.Done()
				f()
			}(f)
		}
		wg.Wait()
	})
}

func sleeper() {
	for d := time.Duration(0); d < 40; d++ {
		time.Sleep(d * 40 * time.Microsecond)
	}
}

func ticker() {
	t := time.NewTicker(time.Millisecond)
	defer t.Stop()
	for i := 0; i < 25; i++ {
		<-t.C
		if i == 10 {
			t.Reset(500 * time.Microsecond)
		}
	}
}

func reset() {
	t := time.NewTimer(time.Millisecond)
	for i := 0; i < 15; i++ {
		<-t.C
		t.Reset(time.Duration(i) * 150 * time.Microsecond)
	}
	t.Stop()
}

func afterFunc() {
	var wg sync.WaitGroup
	for i := 0; i < 30; i++ {
		wg.Add(1)
		time.AfterFunc(time.Duration(i%7)*time.Millisecond, wg.Done)
	}
	wg.Wait()
}

func deadline() {
	for i := 0; i < 10; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), 800*time.Microsecond)
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(i) * 200 * time.Microsecond):
		}
		cancel()
	}
}

func stopped() {
	for i := 0; i < 50; i++ {
		t := time.NewTimer(time.Hour)
		if i%2 == 0 {
			t.Stop()
		}
	}
	time.Sleep(2 * time.Millisecond)
}
