// Package record wraps the part of a test program that is to be traced.
package record

import (
	"bufio"
	"fmt"
	"os"
	"runtime/trace"
)

// Main traces f into the file named by the program's first argument.
func Main(f func()) {
	w := Create()
	if err := trace.Start(w); err != nil {
		Fatal(err)
	}
	f()
	trace.Stop()
	w.Close()
}

// File is a buffered file: the trace reader's many small writes would
// otherwise show up in the trace as system calls of their own.
type File struct {
	*bufio.Writer
	f *os.File
}

// Create opens the trace file.
func Create() *File {
	if len(os.Args) < 2 {
		Fatal(fmt.Errorf("usage: %s TRACE [ARGUMENT]", os.Args[0]))
	}
	f, err := os.Create(os.Args[1])
	if err != nil {
		Fatal(err)
	}
	return &File{bufio.NewWriterSize(f, 1<<20), f}
}

// Close writes out what is buffered and closes the file.
func (w *File) Close() {
	if err := w.Flush(); err != nil {
		Fatal(err)
	}
	if err := w.f.Close(); err != nil {
		Fatal(err)
	}
}

// Mode is the program's second argument, or the empty string.
func Mode() string {
	if len(os.Args) < 3 {
		return ""
	}
	return os.Args[2]
}

// Fatal reports err and exits.
func Fatal(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
