// Command workloads records a large execution trace of a workload.
//
//	workloads -workload mixed -mb 50 -o mixed.trace
//
// The workload runs until the trace has the size that was asked for, so that
// the same program gives traces of any size. It is stopped in the middle of
// what it does, as a server is that is traced for some seconds.
//
// It builds with Go 1.21 and newer, to record what each of them writes.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sync/atomic"
	"time"
)

// A workload starts goroutines that work for ever.
type workload struct {
	name  string
	about string
	procs int // GOMAXPROCS
	start func()
}

var workloads = []workload{
	{"mixed", "channels, select, locks, network, timers, files, short goroutines and GC", 4, mixed},
	{"http", "net/http server and clients over loopback", 4, http_},
	{"syscalls", "many blocking system calls, whose Ps are stolen, and many short ones", 4, syscalls},
	{"procs16", "mixed on 16 Ps", 16, mixed},
	{"gc", "allocation: short GC cycles, assists and sweeps", 8, gc},
	{"annotated", "user tasks, regions and logs", 4, annotated},
	{"goroutines", "goroutines created and destroyed, thousands at a time", 4, goroutines},
}

func main() {
	name := flag.String("workload", "mixed", "the `name` of the workload; see -list")
	output := flag.String("o", "", "write the trace to `file`")
	mb := flag.Float64("mb", 50, "stop when the trace has this many million bytes")
	rate := flag.Float64("rate", 10, "write at most about this many million bytes per second, 0 for as fast as it goes")
	procs := flag.Int("procs", 0, "GOMAXPROCS, 0 for the workload's own")
	limit := flag.Duration("limit", 10*time.Minute, "give up after this long")
	list := flag.Bool("list", false, "print the workloads and exit")
	flag.Parse()
	if *list {
		for _, w := range workloads {
			fmt.Printf("%-12s GOMAXPROCS=%-3d %s\n", w.name, w.procs, w.about)
		}
		return
	}
	for _, w := range workloads {
		if w.name == *name && *output != "" && flag.NArg() == 0 {
			if *procs > 0 {
				w.procs = *procs
			}
			if err := record(w, *output, int64(*mb*1e6), *rate*1e6, *limit); err != nil {
				fatal(err)
			}
			return
		}
	}
	fmt.Fprintln(os.Stderr, "workloads: -o and the name of a workload (-list) are needed")
	os.Exit(2)
}

// record writes a trace of w to path, which gets its name only once the trace
// is complete.
func record(w workload, path string, size int64, rate float64, limit time.Duration) error {
	runtime.GOMAXPROCS(w.procs)
	partial := path + ".partial"
	file, err := os.Create(partial)
	if err != nil {
		return err
	}
	defer os.Remove(partial)
	out := &counter{file: file, size: size, full: make(chan struct{})}
	start := time.Now()
	if err := trace.Start(out); err != nil {
		return err
	}
	if rate > 0 {
		go govern(out, rate)
	}
	w.start()
	select {
	case <-out.full:
	case <-time.After(limit):
		return fmt.Errorf("%s: %d bytes after %v, and %d wanted", w.name, out.written.Load(), limit, size)
	}
	trace.Stop()
	if out.err != nil {
		return out.err
	}
	if err := file.Close(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%s: %d bytes in %.1f s\n", w.name, out.written.Load(), time.Since(start).Seconds())
	return os.Rename(partial, path)
}

// A counter is the file that the trace goes to. It tells when the file has the
// size wanted.
type counter struct {
	file    *os.File
	size    int64
	written atomic.Int64
	full    chan struct{}
	err     error // read it after trace.Stop
}

func (c *counter) Write(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.file.Write(p)
	c.err = err
	written := c.written.Add(int64(n))
	if written >= c.size && written-int64(n) < c.size {
		close(c.full)
	}
	return n, err
}

// hold is whether the workload is to rest, so that the trace does not grow
// faster than wanted.
var hold atomic.Bool

// govern keeps the trace at rate bytes per second.
func govern(out *counter, rate float64) {
	start := time.Now()
	for {
		time.Sleep(time.Millisecond)
		hold.Store(float64(out.written.Load()) > rate*time.Since(start).Seconds())
	}
}

// step is called by the goroutines of every workload, once in each round.
func step() {
	for hold.Load() {
		time.Sleep(2 * time.Millisecond)
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "workloads:", err)
	os.Exit(1)
}

// must is for errors that mean that the machine cannot run the workload.
func must[T any](v T, err error) T {
	if err != nil {
		fatal(err)
	}
	return v
}
