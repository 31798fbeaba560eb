// Command shapes records traces with much of one thing, each of which a reader may be slow at,
// or keep too much of.
//
//	shapes -list
//	shapes -shape tasks -n 4 -o tasks.trace
//
// A shape is recorded at n times its size.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/trace"
)

// shape is a program that does much of one thing.
type shape struct {
	name string
	// does says what there is much of at size 1.
	does string
	run  func(ctx context.Context, n int)
	// period is the length of generations in nanoseconds, if it matters.
	period string
}

var shapes []shape

func main() {
	name := flag.String("shape", "", "the shape to record")
	size := flag.Int("n", 1, "so many times its size")
	output := flag.String("o", "", "the `file` to write")
	list := flag.Bool("list", false, "list the shapes")
	flag.Parse()
	for _, shape := range shapes {
		if *list {
			fmt.Printf("%s\t%s\t%s\n", shape.name, shape.period, shape.does)
		} else if shape.name == *name {
			if err := record(shape, *size, *output); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	if !*list {
		fmt.Fprintln(os.Stderr, "no such shape; -list lists them")
		os.Exit(2)
	}
}

func record(shape shape, size int, output string) error {
	file, err := os.Create(output)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(file, 1<<20)
	if err := trace.Start(buffered); err != nil {
		return err
	}
	shape.run(context.Background(), size)
	trace.Stop()
	if err := buffered.Flush(); err != nil {
		return err
	}
	return file.Close()
}
