// Command pprofserver serves net/http/pprof on the loopback interface, with a
// little work going on, until its standard input ends.
//
//	pprofserver DIR
//
// It prints, a line each, a URL, one that needs TLS and the user "me" with the
// password "secret", and the path of a Unix socket in DIR, where it also leaves
// the certificate of its authority as cert.pem. /slow serves a trace with nothing sent until its
// end, /dies one that breaks off: the server process exits in its middle.
package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/pprof"
	"os"
	"path/filepath"
	"runtime/trace"
	"sync"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: pprofserver DIR")
		os.Exit(2)
	}
	dir := os.Args[1]
	go work()

	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("/slow", slow)
	mux.HandleFunc("/dies", dies)
	plain := httptest.NewServer(mux)
	authority, leaf, err := certificates()
	if err != nil {
		fatal(err)
	}
	secure := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != "me" || password != "secret" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	secure.TLS = &tls.Config{Certificates: []tls.Certificate{leaf}}
	secure.StartTLS()
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), authority, 0o644); err != nil {
		fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		fatal(err)
	}
	go http.Serve(listener, mux)
	fmt.Println(plain.URL)
	fmt.Println(secure.URL)
	fmt.Println(socket)
	io.Copy(io.Discard, os.Stdin)
}

// work keeps two goroutines handing a value to each other.
func work() {
	ping := make(chan int)
	go func() {
		for range ping {
			time.Sleep(time.Millisecond)
		}
	}()
	for i := 0; ; i++ {
		ping <- i
	}
}

func slow(w http.ResponseWriter, r *http.Request) {
	var all bytes.Buffer
	if err := trace.Start(&all); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	time.Sleep(500 * time.Millisecond)
	trace.Stop()
	w.Write(all.Bytes())
}

// flushing sends on what it is given at once.
type flushing struct {
	w    http.ResponseWriter
	mu   sync.Mutex
	sent int
}

func (f *flushing) Write(data []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.w.Write(data)
	f.w.(http.Flusher).Flush()
	if f.sent += n; f.sent > 1000 {
		os.Exit(1)
	}
	return n, err
}

func dies(w http.ResponseWriter, r *http.Request) {
	if err := trace.Start(&flushing{w: w}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	time.Sleep(10 * time.Second)
	trace.Stop()
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "pprofserver:", err)
	os.Exit(1)
}
