// Command path serves requests whose time goes to one known thing each, by the program's
// second argument. Each request is a task of type "request".
package main

import (
	"context"
	"net"
	"runtime"
	"runtime/debug"
	"runtime/trace"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

const unit = 2 * time.Millisecond

// modes are the programs, by name: each returns what serves a request.
var modes = map[string]func() func(){
	"pipeline": pipeline,
	"pool":     pool,
	"lock":     lock,
	"fanout":   fanout,
	"starved":  starved,
	"gc":       gc,
	"network":  network,
	"spawn":    spawn,
}

func main() {
	start, ok := modes[record.Mode()]
	if !ok {
		panic("no mode " + record.Mode())
	}
	serve := start()
	record.Main(func() {
		for range 12 {
			_, task := trace.NewTask(context.Background(), "request")
			serve()
			task.End()
			time.Sleep(unit / 4)
		}
	})
}

// compute keeps a P busy.
func compute(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

// pipeline has three stages, the second of which takes nearly all of the time.
func pipeline() func() {
	first, second, third, done := make(chan int), make(chan int), make(chan int), make(chan int)
	stage := func(work time.Duration, in, out chan int) {
		for v := range in {
			compute(work)
			out <- v
		}
	}
	go func() { stage(unit/20, first, second) }()
	go slowStage(second, third)
	go func() { stage(unit/20, third, done) }()
	return func() {
		first <- 1
		<-done
	}
}

func slowStage(in, out chan int) {
	for v := range in {
		compute(unit)
		out <- v
	}
}

// pool has one worker, which is busy with the work of others when the request comes.
func pool() func() {
	jobs := make(chan func())
	go worker(jobs)
	return func() {
		done := make(chan bool)
		jobs <- func() { compute(unit) }
		jobs <- func() { close(done) }
		<-done
	}
}

func worker(jobs chan func()) {
	for job := range jobs {
		job()
	}
}

// lock needs what another goroutine holds while it sleeps.
func lock() func() {
	var mu sync.Mutex
	held := make(chan bool)
	go holder(&mu, held)
	return func() {
		held <- true
		<-held
		mu.Lock()
		mu.Unlock()
	}
}

func holder(mu *sync.Mutex, held chan bool) {
	for range held {
		mu.Lock()
		held <- true
		time.Sleep(unit)
		mu.Unlock()
	}
}

// fanout waits for four goroutines, one of which is slow.
func fanout() func() {
	return func() {
		var wg sync.WaitGroup
		wg.Add(4)
		for range 3 {
			go quick(&wg)
		}
		go straggler(&wg)
		wg.Wait()
	}
}

func quick(wg *sync.WaitGroup) {
	compute(unit / 20)
	wg.Done()
}

func straggler(wg *sync.WaitGroup) {
	time.Sleep(unit / 4)
	compute(unit)
	wg.Done()
}

// starved gives way to goroutines that keep all Ps busy.
func starved() func() {
	for range 2 * runtime.GOMAXPROCS(0) {
		go func() {
			for {
				compute(unit / 2)
				runtime.Gosched()
			}
		}()
	}
	return func() {
		for range 4 {
			runtime.Gosched()
		}
	}
}

var sink [][]byte

// gc allocates faster than the collector marks.
func gc() func() {
	debug.SetGCPercent(5)
	keep := make([]*[64]*int, 1<<15)
	for i := range keep {
		keep[i] = new([64]*int)
		for j := range keep[i] {
			keep[i][j] = new(int)
		}
	}
	return func() {
		for range 16 {
			sink = append(sink, make([]byte, 1<<18))
		}
		sink = nil
		runtime.KeepAlive(keep)
	}
}

// network asks a server that takes its time.
func network() func() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		record.Fatal(err)
	}
	go server(listener)
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		record.Fatal(err)
	}
	buf := make([]byte, 1)
	return func() {
		conn.Write(buf)
		conn.Read(buf)
	}
}

func server(listener net.Listener) {
	conn, err := listener.Accept()
	if err != nil {
		record.Fatal(err)
	}
	buf := make([]byte, 1)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
		time.Sleep(unit)
		conn.Write(buf)
	}
}

// spawn hands the request over to a goroutine that it creates after some work.
func spawn() func() {
	return func() {
		compute(unit)
		done := make(chan bool)
		go func() {
			compute(unit / 2)
			close(done)
		}()
		<-done
	}
}
