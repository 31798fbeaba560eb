// Command live_check tells what Go's own reader makes of trace files: for each line of
// standard input, which names one, it prints a line of JSON.
//
// It reads as `go tool trace -d=parsed` does: an event counts when its text has been
// made, which may panic.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"

	"internal/trace"
)

// A verdict is what becomes of one file.
type verdict struct {
	Events  int    `json:"events"`  // as many were given, the syncs among them
	Error   string `json:"error"`   // empty if the reader came to the end
	Panic   bool   `json:"panic"`   // whether the error is a panic's
	Version string `json:"version"` // the file's first 16 bytes
}

func main() {
	out := json.NewEncoder(os.Stdout)
	files := bufio.NewScanner(os.Stdin)
	for files.Scan() {
		data, err := os.ReadFile(files.Text())
		if err != nil {
			log.Fatal(err)
		}
		v := verdict{Version: string(data[:min(len(data), 16)])}
		v.read(data)
		if err := out.Encode(v); err != nil {
			log.Fatal(err)
		}
	}
	if err := files.Err(); err != nil {
		log.Fatal(err)
	}
}

func (v *verdict) read(data []byte) {
	defer func() {
		if p := recover(); p != nil {
			v.Error, v.Panic = fmt.Sprint(p), true
		}
	}()
	r, err := trace.NewReader(bytes.NewReader(data))
	for err == nil {
		var ev trace.Event
		if ev, err = r.ReadEvent(); err == nil {
			_ = ev.String()
			v.Events++
		}
	}
	if err != io.EOF {
		v.Error = err.Error()
	}
}
