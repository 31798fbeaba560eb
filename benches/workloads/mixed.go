package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"os"
	"sort"
	"sync"
	"time"
)

// mixed is what servers do, all at once.
func mixed() {
	go pipeline()
	go locks()
	go choose()
	go readFile()
	for i := 0; i < 8; i++ {
		go echo()
		go batches()
		go allocate()
	}
	for i := 0; i < 16; i++ {
		go timers(time.Duration(50+37*i) * time.Microsecond)
	}
}

// pipeline sends numbers through three stages, over channels with and without
// a buffer.
func pipeline() {
	a, b, c := make(chan int), make(chan int, 8), make(chan int)
	go func() {
		for n := range a {
			b <- n + 1
		}
	}()
	go func() {
		for n := range b {
			c <- n * 2
		}
	}()
	go func() {
		for n := 0; ; n++ {
			step()
			a <- n
		}
	}()
	sum := 0
	for n := range c {
		sum += work(4000) + n
	}
}

// locks has goroutines wait for a mutex, a read-write mutex and a condition.
func locks() {
	var (
		mu    sync.Mutex
		rw    sync.RWMutex
		ready sync.Mutex
		cond  = sync.NewCond(&ready)
		turn  int
		table = map[int]int{}
	)
	const players = 3
	for i := 0; i < players; i++ {
		go func(me int) {
			for {
				step()
				ready.Lock()
				for turn%players != me {
					cond.Wait()
				}
				turn++
				work(8000)
				cond.Broadcast()
				ready.Unlock()
			}
		}(i)
		go func(me int) {
			for n := 0; ; n++ {
				step()
				mu.Lock()
				work(200)
				mu.Unlock()
				if n%64 == 0 {
					rw.Lock()
					table[n%1024] = me
					rw.Unlock()
				} else {
					rw.RLock()
					work(table[n%1024])
					rw.RUnlock()
				}
				if n%16 == 0 {
					time.Sleep(time.Microsecond)
				}
			}
		}(i)
	}
}

// echo sends small messages over a TCP connection and back.
func echo() {
	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	go func() {
		conn := must(ln.Accept())
		io.Copy(struct{ io.Writer }{conn}, struct{ io.Reader }{conn}) // no splice
	}()
	conn := must(net.Dial("tcp", ln.Addr().String()))
	buf := make([]byte, 64)
	for {
		step()
		conn.SetDeadline(time.Now().Add(time.Minute))
		must(conn.Write(buf))
		must(io.ReadFull(conn, buf))
	}
}

// batches starts a handful of goroutines and waits for all of them.
func batches() {
	for n := 0; ; n++ {
		step()
		var wg sync.WaitGroup
		parts := make([]int, 8)
		for i := range parts {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				parts[i] = work(100 * (1 + i))
			}(i)
		}
		wg.Wait()
		sort.Ints(parts)
	}
}

// choose waits for whichever of several channels is ready, or for a deadline.
func choose() {
	a, b := make(chan int), make(chan int)
	for _, c := range []chan int{a, b} {
		go func(c chan int) {
			for n := 0; ; n++ {
				step()
				c <- n
				work(4000)
				if n%32 == 0 {
					time.Sleep(20 * time.Microsecond)
				}
			}
		}(c)
	}
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		for ctx.Err() == nil {
			select {
			case <-a:
			case <-b:
			case <-ctx.Done():
			}
		}
		cancel()
	}
}

// timers sleeps and ticks.
func timers(d time.Duration) {
	ticker := time.NewTicker(3 * d)
	for {
		step()
		time.Sleep(d)
		select {
		case <-ticker.C:
		default:
		}
		<-time.After(2 * d)
	}
}

// readFile reads this program a few lines at a time.
func readFile() {
	path := must(os.Executable())
	for {
		file := must(os.Open(path))
		lines := bufio.NewReader(io.LimitReader(file, 1<<20))
		for {
			step()
			if _, err := lines.ReadSlice('\n'); err == io.EOF {
				break
			}
		}
		file.Close()
		time.Sleep(500 * time.Microsecond)
	}
}

// allocate makes garbage, and keeps some of it for a while.
func allocate() {
	type record struct {
		ID   int
		Name string
		Tags []string
		Next *record
	}
	kept := make([]*record, 1<<12)
	for n := 0; ; n++ {
		step()
		r := &record{ID: n, Name: "record", Tags: []string{"a", "b", "c"}}
		text := must(json.Marshal(r))
		r = new(record)
		must(r, json.Unmarshal(text, r))
		r.Next = &record{Tags: make([]string, 1<<9)}
		kept[n%len(kept)] = r
	}
}

// work keeps the processor busy, for about a nanosecond for each of n.
func work(n int) int {
	sum := 0
	for i := 0; i < n; i++ {
		sum += i ^ sum>>3
	}
	return sum
}
