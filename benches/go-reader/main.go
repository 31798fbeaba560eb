// Command go-reader reads an execution trace with Go's own internal/trace and
// does nothing else. It is the yardstick that gotrace is measured against.
//
// internal/trace can be imported only from inside GOROOT, so build.sh builds
// this file as cmd/gotrace-go-reader by way of an overlay.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"internal/trace"
	"internal/trace/raw"
)

// A result is the line that is printed.
type result struct {
	Reader     string    `json:"reader"` // "ordered", or "wire" for internal/trace/raw
	Go         string    `json:"go"`
	Gomaxprocs int       `json:"gomaxprocs"`
	Events     int       `json:"events"`
	Bytes      int64     `json:"bytes"`
	Seconds    float64   `json:"seconds"` // of the fastest run
	EventsPerS float64   `json:"events_per_s"`
	BytesPerS  float64   `json:"bytes_per_s"`
	PeakRSS    int64     `json:"peak_rss"` // bytes, 0 where the system does not tell
	Runs       []float64 `json:"runs"`     // seconds of each run
}

func main() {
	memory := flag.Bool("memory", false, "read the file into memory first, outside the time measured")
	buffer := flag.Int("buffer", 1<<20, "read the file through a `buffer` of this size; 0 for the reader's own 4 KiB, as go tool trace does")
	repeat := flag.Int("repeat", 1, "read the trace `N` times")
	wire := flag.Bool("wire", false, "read wire events with internal/trace/raw: no order, no checks (Go 1.22+ traces)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: go-reader [flags] TRACE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || *repeat < 1 || *buffer < 0 {
		flag.Usage()
		os.Exit(2)
	}
	res, err := measure(flag.Arg(0), *memory, *buffer, *repeat, *wire)
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(res)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-reader:", err)
		os.Exit(1)
	}
}

func measure(path string, memory bool, buffer, repeat int, wire bool) (*result, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	var data []byte
	if memory {
		if data, err = io.ReadAll(file); err != nil {
			return nil, err
		}
	}
	res := &result{
		Reader:     "ordered",
		Go:         runtime.Version(),
		Gomaxprocs: runtime.GOMAXPROCS(0),
		Bytes:      info.Size(),
	}
	count := ordered
	if wire {
		res.Reader = "wire"
		count = rawEvents
	}
	for range repeat {
		var source io.Reader = file
		if memory {
			source = bytes.NewReader(data)
		} else if _, err := file.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		start := time.Now()
		if buffer > 0 {
			source = bufio.NewReaderSize(source, buffer)
		}
		n, err := count(source)
		seconds := time.Since(start).Seconds()
		if err != nil {
			return nil, fmt.Errorf("%s: after %d events: %w", path, n, err)
		}
		if len(res.Runs) > 0 && n != res.Events {
			return nil, fmt.Errorf("%s: %d events, but %d at first", path, n, res.Events)
		}
		if len(res.Runs) == 0 || seconds < res.Seconds {
			res.Seconds = seconds
		}
		res.Events = n
		res.Runs = append(res.Runs, seconds)
	}
	res.EventsPerS = float64(res.Events) / res.Seconds
	res.BytesPerS = float64(res.Bytes) / res.Seconds
	res.PeakRSS = peakRSS()
	return res, nil
}

// ordered counts the events of Go's validated, ordered stream, its Sync events
// included.
func ordered(source io.Reader) (n int, err error) {
	r, err := trace.NewReader(source)
	if err != nil {
		return 0, err
	}
	for {
		if _, err := r.ReadEvent(); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
	}
}

// rawEvents counts the events on the wire, batch headers and table entries
// included.
func rawEvents(source io.Reader) (n int, err error) {
	r, err := raw.NewReader(source)
	if err != nil {
		return 0, err
	}
	for {
		if _, err := r.ReadEvent(); err != nil {
			if errors.Is(err, io.EOF) {
				return n, nil
			}
			return n, err
		}
		n++
	}
}

// peakRSS returns the most memory that was ever resident. It is read from
// /proc, since getrusage counts the process that started this one too.
func peakRSS() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kb << 10
		}
	}
	return 0
}
