//go:build go1.25

// Command synctest runs goroutines in a testing/synctest bubble, where they
// block for a reason of its own and time is not real.
package main

import (
	"testing"
	"testing/synctest"
	"time"

	"gotrace.test/programs/internal/record"
)

// A bubble needs a *testing.T, so this is a test, if not one that `go test`
// runs.
func main() {
	all := func(string, string) (bool, error) { return true, nil }
	testing.Main(all, []testing.InternalTest{{Name: "bubble", F: func(t *testing.T) {
		record.Main(func() { synctest.Test(t, bubble) })
	}}}, nil, nil)
}

func bubble(t *testing.T) {
	start := time.Now()
	ticks := make(chan time.Time)
	for i := 0; i < 3; i++ {
		go func() {
			for j := 0; j < 5; j++ {
				time.Sleep(time.Hour)
				ticks <- time.Now()
			}
		}()
	}
	for i := 0; i < 15; i++ {
		<-ticks
		synctest.Wait()
	}
	if d := time.Since(start); d != 5*time.Hour {
		t.Errorf("slept %v", d)
	}
}
