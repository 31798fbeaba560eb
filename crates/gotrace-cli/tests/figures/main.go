// Command figures answers questions about an execution trace with Go's own
// internal/trace, as go tool trace does, and prints the answers as JSON.
//
//	figures QUESTION TRACE
//
// testdata/in-goroot.sh builds it. Each question has a file of its own, which
// adds itself to questions.
package main

import (
	"encoding/json"
	"fmt"
	"internal/trace"
	"io"
	"os"
)

// questions are what can be asked: each is given all events, in order.
var questions = map[string]func(events []trace.Event) any{}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: figures QUESTION TRACE")
		os.Exit(2)
	}
	ask, ok := questions[os.Args[1]]
	if !ok {
		fmt.Fprintln(os.Stderr, "figures: no such question:", os.Args[1])
		os.Exit(2)
	}
	events, err := read(os.Args[2])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(ask(events))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func read(name string) ([]trace.Event, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	reader, err := trace.NewReader(file)
	if err != nil {
		return nil, err
	}
	var events []trace.Event
	for {
		event, err := reader.ReadEvent()
		if err == io.EOF {
			return events, nil
		}
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
}
