//go:build go1.25

// Command synctest runs goroutines in a testing/synctest bubble, where they
// block for a reason of its own and time is not real.
package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	args := os.Args
	os.Args = os.Args[:1] // package testing reads the command line too
	testing.Init()
	os.Args = args

	record.Main(func() {
		match := func(string, string) (bool, error) { return true, nil }
		ok := testing.RunTests(match, []testing.InternalTest{{Name: "bubble", F: func(t *testing.T) {
			synctest.Test(t, bubble)
		}}})
		if !ok {
			os.Exit(1)
		}
	})
}

func bubble(t *testing.T) {
	start := time.Now()
	ticks := make(chan time.Time)
	go func() {
		defer close(ticks)
		for i := 0; i < 5; i++ {
			time.Sleep(time.Hour)
			ticks <- time.Now()
		}
	}()
	for range ticks {
		synctest.Wait()
	}
	if d := time.Since(start); d != 5*time.Hour {
		t.Errorf("slept %v", d)
	}
}
