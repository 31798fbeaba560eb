// Command syscalls blocks threads in the kernel: short calls that keep their
// P, long ones that lose it, calls from locked threads, and calls that are
// still under way when the trace starts and when it ends.
package main

import (
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"gotrace.test/programs/internal/record"
)

func main() {
	early, lateEnd := blockedRead(), make(chan struct{})
	time.Sleep(5 * time.Millisecond) // long enough to lose the P

	record.Main(func() {
		var wg sync.WaitGroup
		for i := 0; i < 6; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				if i%3 == 0 {
					runtime.LockOSThread()
					defer runtime.UnlockOSThread()
				}
				for j := 0; j < 12; j++ {
					syscall.Getpid() // raw: not seen by the scheduler
					os.Stat("/")     // short
					nap(time.Duration(j%4) * 400 * time.Microsecond)
				}
			}(i)
		}
		// A locked thread that dies with its goroutine.
		wg.Add(1)
		go func() {
			defer wg.Done()
			runtime.LockOSThread()
			nap(time.Millisecond)
		}()
		early() // ends a call begun before the trace
		spin(10 * time.Millisecond)
		wg.Wait()

		late := blockedRead()
		go func() {
			time.Sleep(20 * time.Millisecond)
			late()
			close(lateEnd)
		}()
		time.Sleep(2 * time.Millisecond)
	})
	<-lateEnd
}

// nap sleeps in the kernel, unknown to the scheduler.
func nap(d time.Duration) {
	ts := syscall.NsecToTimespec(int64(d))
	syscall.Nanosleep(&ts, nil)
}

// blockedRead starts a goroutine that reads from a pipe with a blocking
// system call. The returned function lets it go on.
func blockedRead() (release func()) {
	var p [2]int
	if err := syscall.Pipe(p[:]); err != nil {
		record.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		var buf [1]byte
		syscall.Read(p[0], buf[:])
	}()
	return func() {
		syscall.Write(p[1], []byte{1})
		<-done
		syscall.Close(p[0])
		syscall.Close(p[1])
	}
}

// spin keeps the other Ps wanted, so that they are stolen from system calls.
func spin(d time.Duration) {
	var wg sync.WaitGroup
	for i := 0; i < runtime.GOMAXPROCS(0); i++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for end := time.Now().Add(d); time.Now().Before(end); {
				runtime.Gosched()
				busy(200 * time.Microsecond)
			}
		}()
	}
	wg.Wait()
}

func busy(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}
