// Command mixed does many things at once for a while: HTTP, channels, locks,
// timers, system calls, GOMAXPROCS changes, garbage collection, tasks and
// regions, and CPU profiling. It is run with short generations, so that all
// of it is cut by their boundaries, and also with 16 Ps.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"syscall"
	"time"

	"gotrace.test/programs/internal/record"
)

const length = 110 * time.Millisecond

func main() {
	record.Main(func() {
		if err := pprof.StartCPUProfile(io.Discard); err != nil {
			record.Fatal(err)
		}
		defer pprof.StopCPUProfile()

		ctx, cancel := context.WithTimeout(context.Background(), length)
		defer cancel()
		ctx, task := trace.NewTask(ctx, "mixed")
		defer task.End()

		jobs := []func(context.Context){serve, pingPong, lock, lock, lock, tick, calls, calls, allocate, annotate, spin, spin}
		if record.Mode() == "procs" {
			jobs = append(jobs, resize)
		}
		var wg sync.WaitGroup
		for _, job := range jobs {
			wg.Add(1)
			go func(job func(context.Context)) {
				defer wg.Done()
				job(ctx)
			}(job)
		}
		wg.Wait()
	})
}

func serve(ctx context.Context) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		record.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer trace.StartRegion(r.Context(), "handler").End()
		fmt.Fprintln(w, "ok")
	})}
	go srv.Serve(ln)
	defer srv.Close()
	client := &http.Client{Transport: &http.Transport{}}
	for ctx.Err() == nil {
		if res, err := client.Get("http://" + ln.Addr().String()); err == nil {
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		time.Sleep(3 * time.Millisecond)
	}
	client.CloseIdleConnections()
}

func pingPong(ctx context.Context) {
	c := make(chan int)
	go func() {
		defer close(c)
		for i := 0; ctx.Err() == nil; i++ {
			c <- i
			time.Sleep(700 * time.Microsecond)
		}
	}()
	for range c {
	}
}

var mu sync.Mutex

func lock(ctx context.Context) {
	for ctx.Err() == nil {
		mu.Lock()
		busy(300 * time.Microsecond)
		mu.Unlock()
		time.Sleep(300 * time.Microsecond)
	}
}

func tick(ctx context.Context) {
	t := time.NewTicker(2 * time.Millisecond)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

func calls(ctx context.Context) {
	runtime.LockOSThread()
	for ctx.Err() == nil {
		ts := syscall.NsecToTimespec(int64(2 * time.Millisecond))
		syscall.Nanosleep(&ts, nil)
	}
}

var sink []*int

func allocate(ctx context.Context) {
	for ctx.Err() == nil {
		for i := 0; i < 4; i++ {
			sink = make([]*int, 1<<15)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func annotate(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		ctx, task := trace.NewTask(ctx, "step")
		trace.WithRegion(ctx, "sleep", func() { time.Sleep(4 * time.Millisecond) })
		trace.Logf(ctx, "step", "%d", i)
		task.End()
	}
}

func spin(ctx context.Context) {
	for ctx.Err() == nil {
		busy(2 * time.Millisecond)
		runtime.Gosched()
	}
}

func resize(ctx context.Context) {
	for i := 0; ctx.Err() == nil; i++ {
		runtime.GOMAXPROCS(1 + i*3%8)
		time.Sleep(9 * time.Millisecond)
	}
}

func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}
