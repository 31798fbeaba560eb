// Command cgo crosses between Go and C: calls into C that stay long enough to
// lose their P, calls back into Go, and threads made by C that call into Go,
// each of which the runtime shows as a goroutine that appears in, and
// vanishes into, a system call.
package main

/*
#cgo LDFLAGS: -lpthread
#include <pthread.h>
#include <unistd.h>

extern void goCallback(int);
extern void goNested(int);

static void *thread(void *arg) {
	for (int i = 0; i < 3; i++) {
		goCallback((int)(long)arg);
		usleep(300);
	}
	return 0;
}

// runs a thread of C's own that calls into Go
static void onThread(int id) {
	pthread_t t;
	pthread_create(&t, 0, thread, (void *)(long)id);
	pthread_join(t, 0);
}

static void nested(int depth) { goNested(depth); }
static void linger(int us) { usleep(us); }
*/
import "C"

import (
	"runtime"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

var mu sync.Mutex

//export goCallback
func goCallback(id C.int) {
	mu.Lock()
	time.Sleep(100 * time.Microsecond)
	mu.Unlock()
	if id%2 == 0 {
		C.nested(2)
	}
}

//export goNested
func goNested(depth C.int) {
	if depth > 0 {
		C.nested(depth - 1)
		return
	}
	runtime.Gosched()
}

func main() {
	// A thread of C's whose first callback is before the trace.
	C.onThread(1)

	record.Main(func() {
		var wg sync.WaitGroup
		for i := 0; i < 4; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				for j := 0; j < 4; j++ {
					C.linger(C.int(i * 300))
					C.nested(C.int(j))
					C.onThread(C.int(i))
				}
			}(i)
		}
		wg.Wait()

		// Stops the world, and with it takes all Ps.
		runtime.ReadMemStats(new(runtime.MemStats))
	})
}
