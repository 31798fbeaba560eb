// Command http runs an HTTP server and several clients over the loopback
// interface: network polling, deadlines, keep-alive connections, and handlers
// that answer at once, stream, sleep, or are cancelled by their client.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"gotrace.test/programs/internal/record"
)

const (
	clients  = 4
	requests = 6
)

func main() {
	record.Main(func() {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			record.Fatal(err)
		}
		srv := &http.Server{Handler: handler(), ReadHeaderTimeout: time.Second}
		served := make(chan struct{})
		go func() {
			defer close(served)
			srv.Serve(ln)
		}()

		var wg sync.WaitGroup
		for i := 0; i < clients; i++ {
			wg.Add(1)
			go func(i int) {
				defer wg.Done()
				client(i, "http://"+ln.Addr().String())
			}(i)
		}
		wg.Wait()
		srv.Shutdown(context.Background())
		<-served
	})
}

func handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/quick", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "done")
	})
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 3; i++ {
			io.WriteString(w, strings.Repeat("x", 4096))
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(10 * time.Millisecond):
			fmt.Fprintln(w, "late")
		case <-r.Context().Done():
		}
	})
	mux.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		fmt.Fprintln(w, n)
	})
	return mux
}

func client(id int, base string) {
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c := &http.Client{Transport: tr}
	for i := 0; i < requests; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Millisecond)
		method, path, body := "GET", "", io.Reader(nil)
		switch (id + i) % 4 {
		case 0:
			path = "/quick"
		case 1:
			path = "/stream"
		case 2:
			path = "/slow"
		case 3:
			method, path, body = "POST", "/upload", strings.NewReader(strings.Repeat("y", 100_000))
		}
		req, err := http.NewRequestWithContext(ctx, method, base+path, body)
		if err != nil {
			record.Fatal(err)
		}
		if res, err := c.Do(req); err == nil { // a timeout is as good an answer
			io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		cancel()
	}
}
