// Command states writes the states of goroutines as CSV, with Go's own internal/trace: what
// people write today who want them as a table. gotrace's tables are measured against it.
//
//	states TRACE STATES.csv FRAMES.csv
//
// Each stack is written once, to FRAMES.csv; rows refer to it by its number.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"internal/trace"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: states TRACE STATES.csv FRAMES.csv")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "states:", err)
		os.Exit(1)
	}
}

func run(input, states, frames string) error {
	in, err := os.Open(input)
	if err != nil {
		return err
	}
	defer in.Close()
	statesFile, err := os.Create(states)
	if err != nil {
		return err
	}
	framesFile, err := os.Create(frames)
	if err != nil {
		return err
	}
	w := &writer{
		states: bufio.NewWriterSize(statesFile, 1<<20),
		frames: bufio.NewWriterSize(framesFile, 1<<20),
		open:   make(map[trace.GoID]*state),
		stacks: make(map[trace.Stack]int),
	}
	w.states.WriteString("goroutine,state,start,end,reason,proc,thread,stack,waker\n")
	w.frames.WriteString("stack,depth,function,file,line\n")
	if err := w.read(bufio.NewReaderSize(in, 1<<20)); err != nil {
		return err
	}
	return errors.Join(w.states.Flush(), w.frames.Flush(), statesFile.Close(), framesFile.Close())
}

// A state is one that a goroutine is in.
type state struct {
	is     trace.GoState
	since  trace.Time
	reason string
	proc   trace.ProcID
	thread trace.ThreadID
	stack  int
	waker  trace.GoID
}

type writer struct {
	states, frames *bufio.Writer
	open           map[trace.GoID]*state
	stacks         map[trace.Stack]int
	row            []byte
}

func (w *writer) read(source io.Reader) error {
	r, err := trace.NewReader(source)
	if err != nil {
		return err
	}
	var last trace.Time
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		last = ev.Time()
		if ev.Kind() == trace.EventStateTransition {
			w.transition(&ev)
		}
	}
	for id, s := range w.open {
		w.write(id, s, last)
	}
	return nil
}

func (w *writer) transition(ev *trace.Event) {
	st := ev.StateTransition()
	if st.Resource.Kind != trace.ResourceGoroutine {
		return
	}
	id := st.Resource.Goroutine()
	from, to := st.Goroutine()
	if from == to {
		return
	}
	s := w.open[id]
	if s == nil {
		s = new(state)
		w.open[id] = s
	} else {
		w.write(id, s, ev.Time())
	}
	if to == trace.GoNotExist {
		delete(w.open, id)
		return
	}
	*s = state{is: to, since: ev.Time(), reason: st.Reason, proc: ev.Proc(), thread: ev.Thread(), stack: w.stack(st.Stack)}
	if ev.Goroutine() != id {
		s.waker = ev.Goroutine()
	}
}

func (w *writer) write(id trace.GoID, s *state, end trace.Time) {
	b := strconv.AppendInt(w.row[:0], int64(id), 10)
	b = append(append(b, ','), s.is.String()...)
	b = strconv.AppendInt(append(b, ','), int64(s.since), 10)
	b = strconv.AppendInt(append(b, ','), int64(end), 10)
	b = append(append(b, ','), s.reason...)
	b = strconv.AppendInt(append(b, ','), int64(s.proc), 10)
	b = strconv.AppendInt(append(b, ','), int64(s.thread), 10)
	b = strconv.AppendInt(append(b, ','), int64(s.stack), 10)
	b = strconv.AppendInt(append(b, ','), int64(s.waker), 10)
	w.row = append(b, '\n')
	w.states.Write(w.row)
}

// stack returns the number of a stack, whose frames are written when it comes first.
func (w *writer) stack(stack trace.Stack) int {
	if stack == trace.NoStack {
		return 0
	}
	if n, ok := w.stacks[stack]; ok {
		return n
	}
	n := len(w.stacks) + 1
	w.stacks[stack] = n
	depth := 0
	for frame := range stack.Frames() {
		fmt.Fprintf(w.frames, "%d,%d,%q,%q,%d\n", n, depth, frame.Func, frame.File, frame.Line)
		depth++
	}
	return n
}
