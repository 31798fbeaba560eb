package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// http_ is a small service with a cache, and clients that keep it busy. Each
// eighth client makes a new connection for every request.
func http_() {
	type item struct {
		Key   string
		Value []int
		Seen  time.Time
	}
	var (
		mu    sync.RWMutex
		cache = map[string]*item{}
	)
	mux := http.NewServeMux()
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		key := r.FormValue("key")
		mu.RLock()
		it := cache[key]
		mu.RUnlock()
		if it == nil {
			it = &item{Key: key, Value: make([]int, 64), Seen: time.Now()}
			mu.Lock()
			if len(cache) > 1000 {
				cache = map[string]*item{}
			}
			cache[key] = it
			mu.Unlock()
		}
		json.NewEncoder(w).Encode(it)
	})
	mux.HandleFunc("/put", func(w http.ResponseWriter, r *http.Request) {
		var it item
		if err := json.NewDecoder(r.Body).Decode(&it); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		mu.Lock()
		cache[it.Key] = &it
		mu.Unlock()
	})
	mux.HandleFunc("/fan", func(w http.ResponseWriter, r *http.Request) {
		results := make(chan int)
		for i := 0; i < 4; i++ {
			go func(i int) {
				if i == 0 {
					time.Sleep(100 * time.Microsecond)
				}
				results <- work(1000)
			}(i)
		}
		for i := 0; i < 4; i++ {
			<-results
		}
		io.WriteString(w, "ok\n")
	})

	ln := must(net.Listen("tcp", "127.0.0.1:0"))
	server := &http.Server{Handler: mux, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	go server.Serve(ln)
	base := "http://" + ln.Addr().String()

	const clients = 32
	keep := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}, Timeout: time.Minute}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for c := 0; c < clients; c++ {
		client := keep
		if c%8 == 7 {
			client = fresh
		}
		go func(c int) {
			body := must(json.Marshal(item{Key: strings.Repeat("k", c), Value: make([]int, 16)}))
			for n := 0; ; n++ {
				step()
				var res *http.Response
				switch n % 4 {
				case 0:
					res = must(client.Get(base + "/fan"))
				case 1:
					res = must(client.Post(base+"/put", "application/json", bytes.NewReader(body)))
				default:
					res = must(client.Get(base + "/get?key=" + strings.Repeat("k", (c+n)%2000)))
				}
				io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
		}(c)
	}
}
