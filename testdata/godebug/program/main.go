// Program load gives the scheduler and the garbage collector something to
// report with GODEBUG=schedtrace=MS,gctrace=1 and the like.
//
//	load WORKLOAD DURATION
//
// The workload idle only sleeps. The workload mixed has goroutines that
// compute, allocate, block in system calls, wait for each other, and are locked
// to their threads. The workload noisy is mixed, and writes much to standard
// error besides, so that its lines stand amid those of the runtime. The workload
// fatal ends in a panic, whereupon the runtime prints a detailed dump.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"
	"time"
)

var sink [][]byte

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: load idle|mixed|noisy|fatal DURATION")
		os.Exit(2)
	}
	duration, err := time.ParseDuration(os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	end := time.Now().Add(duration)
	switch os.Args[1] {
	case "mixed":
		mixed(end)
	case "fatal":
		time.Sleep(time.Until(end))
		panic("as asked")
	case "noisy":
		for i := 0; i < 2; i++ {
			go noise(i, end)
		}
		mixed(end)
	}
	time.Sleep(time.Until(end))
}

func mixed(end time.Time) {
	var wg sync.WaitGroup
	start := func(f func()) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f()
		}()
	}
	for i := 0; i < 6; i++ {
		start(func() { compute(end) })
	}
	start(func() { allocate(end) })
	for i := 0; i < 2; i++ {
		start(func() { sleepInKernel(end) })
	}
	start(func() {
		runtime.LockOSThread()
		for time.Now().Before(end) {
			time.Sleep(5 * time.Millisecond)
		}
	})
	ping, pong := make(chan int), make(chan int)
	start(func() {
		for n := range ping {
			pong <- n
		}
		close(pong)
	})
	start(func() {
		for n := 0; time.Now().Before(end); n++ {
			ping <- n
			<-pong
		}
		close(ping)
	})
	// For ever: these are seen waiting for reasons of their own.
	var held sync.Mutex
	held.Lock()
	go held.Lock()
	go func() { select {} }()
	go func() { var never chan int; <-never }()
	go sync.NewCond(new(sync.Mutex)).L.Lock()
	time.Sleep(time.Until(end) / 2)
	runtime.GC()
	debug.FreeOSMemory()
	wg.Wait()
}

func compute(end time.Time) {
	for n := uint64(1); time.Now().Before(end); {
		for i := 0; i < 100_000; i++ {
			n = n*6364136223846793005 + 1442695040888963407
		}
		runtime.Gosched()
	}
}

func allocate(end time.Time) {
	for i := 0; time.Now().Before(end); i++ {
		block := make([]byte, 1<<10+i%8<<12)
		if i%64 == 0 {
			sink = append(sink, block)
		}
		if len(sink) > 2000 {
			sink = nil
		}
		if i%4096 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func sleepInKernel(end time.Time) {
	for time.Now().Before(end) {
		wait := syscall.NsecToTimespec(int64(3 * time.Millisecond))
		_ = syscall.Nanosleep(&wait, nil)
	}
}

func noise(id int, end time.Time) {
	for i := 0; time.Now().Before(end); i++ {
		switch id {
		case 0:
			fmt.Fprintf(os.Stderr, "level=info worker=%d msg=\"request done\" n=%d\n", id, i)
		default:
			fmt.Fprintf(os.Stderr, "%s request %d of worker %d done\n", time.Now().Format("2006/01/02 15:04:05"), i, id)
		}
		if i%20 == 19 {
			time.Sleep(4 * time.Millisecond)
		}
	}
}
