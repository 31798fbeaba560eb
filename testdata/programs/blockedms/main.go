// Command blockedms keeps many threads blocked in the kernel while as many
// goroutines wait for the network.
package main

import (
	"net"
	"runtime"
	"sync"
	"syscall"
	"time"

	"gotrace.test/programs/internal/record"
)

const each = 24

func main() {
	record.Main(func() {
		var wg sync.WaitGroup
		releaseThreads := threads(&wg)
		releaseConns := conns(&wg)
		time.Sleep(20 * time.Millisecond)
		releaseConns()
		releaseThreads()
		wg.Wait()
	})
}

// threads blocks each goroutine, with its thread, in reading from a pipe.
// Every third has locked its thread.
func threads(wg *sync.WaitGroup) (release func()) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		record.Fatal(err)
	}
	for i := 0; i < each; i++ {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			if i%3 == 0 {
				runtime.LockOSThread()
			}
			var b [1]byte
			for n := 0; n < 3; n++ {
				syscall.Read(p[0], b[:])
			}
		}(i)
	}
	return func() {
		for i := 0; i < 3*each; i++ {
			syscall.Write(p[1], []byte{0})
		}
	}
}

// conns blocks each goroutine in reading from a connection, which sends
// something now and then.
func conns(wg *sync.WaitGroup) (release func()) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		record.Fatal(err)
	}
	var peers []net.Conn
	for i := 0; i < each; i++ {
		c, err := net.Dial("tcp", ln.Addr().String())
		if err != nil {
			record.Fatal(err)
		}
		peer, err := ln.Accept()
		if err != nil {
			record.Fatal(err)
		}
		peers = append(peers, peer)
		wg.Add(1)
		go func() {
			defer wg.Done()
			defer c.Close()
			var b [16]byte
			for {
				c.SetReadDeadline(time.Now().Add(8 * time.Millisecond))
				_, err := c.Read(b[:])
				if ne, ok := err.(net.Error); ok && ne.Timeout() {
					continue
				}
				if err != nil {
					return
				}
			}
		}()
	}
	ln.Close()
	for _, p := range peers {
		p.Write([]byte("hello"))
	}
	return func() {
		for _, p := range peers {
			p.Close()
		}
	}
}
