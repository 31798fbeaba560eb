// Command truth traces itself while it does what it can measure, and writes what it
// measured beside the trace: by the clock, by runtime/metrics, runtime.MemStats and the
// system's accounts.
//
//	truth TRACE JSON [small]
//
// A time is measured as two numbers between which it must be: from before what begins it
// to after what ends it is the most, and the least is how long it is known to have been
// so. However busy the machine is, both hold. With "small" it does less, so that the
// trace is small enough to be kept.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"time"
)

// Recorded is what the program says of a run. Times are in nanoseconds since the
// process began, but for those of Walls; durations are in nanoseconds, sizes in bytes.
type Recorded struct {
	Go string `json:"go"`
	// Figures are the bounds of each figure, by name; the name's end is its unit.
	Figures map[string]Bounds `json:"figures"`
	// Walls are the wall clock's nanoseconds since 1970 around the log messages of
	// category "anchor", in their order, and Clocks the monotonic clock's.
	Walls  []Bounds `json:"walls_unix_ns"`
	Clocks []Bounds `json:"clocks_ns"`
	// Before and After are what the runtime counted, before tracing began and before it
	// ended. BeforeSince is how long before the trace the runtime last brought its
	// processor times up to date, which it does at the end of a cycle; AfterUntil is how
	// long before the trace's end.
	Before      Counted `json:"before"`
	After       Counted `json:"after"`
	BeforeSince int64   `json:"cpu_classes_before_ns"`
	AfterUntil  int64   `json:"cpu_classes_after_ns"`
	// Pauses are how long each cycle in the trace stopped the world, and Ends when it
	// ended on the wall clock, in order.
	Pauses []int64 `json:"gc_pauses_ns"`
	Ends   []int64 `json:"gc_ends_unix_ns"`
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: truth TRACE JSON [small]")
		os.Exit(2)
	}
	much := large
	if len(os.Args) > 3 {
		much = small
	}
	file, err := os.Create(os.Args[1])
	fail(err)
	early := beginEarly()
	live := keep(much)
	waits := prepare(much)
	waitUntilBlocked(3, map[string]bool{"main.early": true})
	r := Recorded{Go: runtime.Version()}

	// So that the runtime's processor times are up to date, and no cycle under way.
	collected := now()
	runtime.GC()
	r.Before = count()
	seenHere()
	created, tracing = 0, true
	put("goroutines/at start goroutines", exactly(int64(runtime.NumGoroutine())))
	begins := now()
	fail(trace.Start(file))
	began := now()
	r.BeforeSince = began - collected

	anchor(3)
	waits.run()
	spin(much)
	crowd(much)
	onOneP(much)
	anchor(3)
	annotate(much)
	early.end()
	collect(much)
	procs()
	late := beginLate()
	anchor(3)

	forced()
	updated := now()
	r.After = count()
	for n := r.Before.NumGC; n < r.After.NumGC; n++ {
		// The runtime keeps those of the last 256 cycles.
		r.Pauses = append(r.Pauses, int64(memStats.PauseNs[n%256]))
		r.Ends = append(r.Ends, int64(memStats.PauseEnd[n%256]))
	}
	put("goroutines/at end goroutines", exactly(int64(runtime.NumGoroutine())))
	put("goroutines/created goroutines", exactly(created))
	put("threads/used threads", Bounds{int64(len(threads)), threadsThereAre()})
	finish()
	ends := now()
	late.stillThere(ends)
	tracing = false
	trace.Stop()
	ended := now()
	fail(file.Close())
	r.AfterUntil = ended - updated
	put("trace/span ns", Bounds{ends - began, ended - begins})
	capacity(begins, began, ends, ended)
	late.and(early, begins, began, ended)
	runtime.KeepAlive(live)
	r.Figures, r.Walls, r.Clocks = figures, walls, clocks
	text, err := json.Marshal(r)
	fail(err)
	fail(os.WriteFile(os.Args[2], append(text, '\n'), 0o666))
}

// amounts are how much is done of each.
type amounts struct {
	each, calls, rounds, requests, people, forced, liveObjects int
	spin, load                                                 time.Duration
}

var (
	large = amounts{each: 3, calls: 5, rounds: 12, requests: 6, people: 300, forced: 5, liveObjects: 400_000,
		spin: 60 * time.Millisecond, load: 200 * time.Millisecond}
	small = amounts{each: 1, calls: 2, rounds: 3, requests: 2, people: 12, forced: 1, liveObjects: 5_000,
		spin: 5 * time.Millisecond, load: 5 * time.Millisecond}
)
