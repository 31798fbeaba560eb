package main

import (
	"os"
	"runtime"
	"runtime/metrics"
	"strings"
	"syscall"
	"time"
)

// Counted is what the runtime and the system counted, since the process began.
type Counted struct {
	// Metrics are those of runtime/metrics, in the unit that the name's end says, and
	// Histograms its distributions.
	Metrics    map[string]float64  `json:"metrics"`
	Histograms map[string][]Bucket `json:"histograms"`
	NumGC      uint32              `json:"num_gc"`
	NumForced  uint32              `json:"num_forced_gc"`
	PauseTotal uint64              `json:"pause_total_ns"`
	HeapSys    uint64              `json:"heap_sys_bytes"`
	// Processor is the processor time of the process.
	Processor int64 `json:"process_cpu_ns"`
}

// Bucket is a bucket of a distribution that is not empty. Where it has no end, that is
// the other one.
type Bucket struct {
	From  float64 `json:"from_s"`
	To    float64 `json:"to_s"`
	Count uint64  `json:"count"`
}

var memStats runtime.MemStats

func count() Counted {
	c := Counted{Metrics: map[string]float64{}, Histograms: map[string][]Bucket{}}
	stop("read mem stats", func() { runtime.ReadMemStats(&memStats) })
	c.NumGC, c.NumForced = memStats.NumGC, memStats.NumForcedGC
	c.PauseTotal, c.HeapSys = memStats.PauseTotalNs, memStats.HeapSys
	var usage syscall.Rusage
	fail(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	c.Processor = usage.Utime.Nano() + usage.Stime.Nano()
	var samples []metrics.Sample
	for _, metric := range metrics.All() {
		for _, prefix := range []string{"/sched/", "/cpu/", "/gc/cycles/", "/gc/pauses", "/gc/heap/goal", "/gc/heap/live", "/sync/"} {
			if strings.HasPrefix(metric.Name, prefix) {
				samples = append(samples, metrics.Sample{Name: metric.Name})
			}
		}
	}
	metrics.Read(samples)
	for _, sample := range samples {
		switch sample.Value.Kind() {
		case metrics.KindUint64:
			c.Metrics[sample.Name] = float64(sample.Value.Uint64())
		case metrics.KindFloat64:
			c.Metrics[sample.Name] = sample.Value.Float64()
		case metrics.KindFloat64Histogram:
			c.Histograms[sample.Name] = buckets(sample.Value.Float64Histogram())
		}
	}
	return c
}

func buckets(h *metrics.Float64Histogram) []Bucket {
	all := []Bucket{}
	for i, count := range h.Counts {
		if count > 0 {
			// The first and the last bucket begin and end nowhere.
			all = append(all, Bucket{max(h.Buckets[i], 0), min(h.Buckets[i+1], 1e6), count})
		}
	}
	return all
}

const allStacks = "all goroutines stack trace"

var (
	tracing bool
	// settings are the values of GOMAXPROCS, and between which times each was set.
	settings []setting
)

type setting struct {
	procs       int64
	before, set int64
}

// stop does what stops the world, once, for that reason.
func stop(reason string, f func()) {
	before := now()
	f()
	if tracing {
		more("stw/"+reason+" stops", exactly(1))
		more("stw/"+reason+" ns", Bounds{0, now() - before})
	}
}

// setProcs sets GOMAXPROCS, and returns what it was.
func setProcs(n int) (was int) {
	before := now()
	stop("GOMAXPROCS", func() { was = runtime.GOMAXPROCS(n) })
	settings = append(settings, setting{int64(n), before, now()})
	return was
}

// procs has another number of Ps for a while.
func procs() {
	was := setProcs(3)
	time.Sleep(5 * time.Millisecond)
	setProcs(was)
}

// capacity says for how long there were Ps, all together.
func capacity(begins, began, ends, ended int64) {
	procs := int64(runtime.GOMAXPROCS(0))
	// As the program leaves GOMAXPROCS as it was, that is what it began with too.
	before, after := Bounds{began, began}, Bounds{begins, begins}
	var all Bounds
	for _, s := range append(settings, setting{0, ends, ended}) {
		least, most := procs, procs
		if s.procs > 0 {
			least, most = min(procs, s.procs), max(procs, s.procs)
		}
		all.Least += procs*max0(s.before-before.Least) + least*(s.set-s.before)*sign(s.procs)
		all.Most += procs*(s.before-after.Least) + most*(s.set-s.before)
		before, after = Bounds{s.set, s.set}, Bounds{s.set, s.set}
		procs = s.procs
	}
	put("procs/capacity ns", all)
}

func sign(n int64) int64 {
	if n > 0 {
		return 1
	}
	return 0
}

// threadsThereAre is how many threads the process has.
func threadsThereAre() int64 {
	names, err := os.ReadDir("/proc/self/task")
	fail(err)
	return int64(len(names))
}
