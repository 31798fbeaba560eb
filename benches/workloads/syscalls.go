package main

import (
	"os"
	"runtime"
	"syscall"
	"time"
)

// syscalls spends its time in system calls. Those that block keep their thread,
// and the monitor takes their P from them for the goroutines that can run.
func syscalls() {
	for i := 0; i < 12; i++ {
		go turns()
	}
	for i := 0; i < 6; i++ {
		go nap(time.Duration(30+40*i) * time.Microsecond)
	}
	for i := 0; i < 4; i++ {
		go short()
		go compute()
	}
	go locked()
}

// turns has two goroutines wake each other through pipes that block.
func turns() {
	var there, back [2]int
	must(0, syscall.Pipe(there[:]))
	must(0, syscall.Pipe(back[:]))
	go func() {
		b := make([]byte, 1)
		for {
			must(read(there[0], b))
			must(syscall.Write(back[1], b))
		}
	}()
	b := make([]byte, 1)
	for {
		step()
		must(syscall.Write(there[1], b))
		must(read(back[0], b))
	}
}

// nap sleeps in the kernel.
func nap(d time.Duration) {
	for {
		step()
		ts := syscall.NsecToTimespec(int64(d))
		syscall.Nanosleep(&ts, nil) // may be cut short by a signal
	}
}

// short makes calls that return at once.
func short() {
	file := must(os.Open(must(os.Executable())))
	buf := make([]byte, 512)
	for n := int64(0); ; n++ {
		step()
		must(syscall.Pread(int(file.Fd()), buf, n%1000*512))
		var st syscall.Stat_t
		must(0, syscall.Fstat(int(file.Fd()), &st))
		if n%64 == 0 {
			runtime.Gosched()
		}
	}
}

// compute wants the Ps.
func compute() {
	for {
		step()
		work(20_000)
		runtime.Gosched()
	}
}

// locked is nap on a thread of its own.
func locked() {
	runtime.LockOSThread()
	nap(100 * time.Microsecond)
}

// read is syscall.Read, again when a signal came between.
func read(fd int, b []byte) (int, error) {
	for {
		n, err := syscall.Read(fd, b)
		if err != syscall.EINTR {
			return n, err
		}
	}
}
