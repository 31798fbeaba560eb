// Command symbols prints what Go's own packages make of program counters.
//
//	symbols trace TRACE PROGRAM   the stacks of a trace, with names from a program
//	symbols table TABLE           a line table's places, for addresses all over it
//
// It is built inside the GOROOT of Go 1.21, whose internal/trace still reads
// traces of Go 1.5.
package main

import (
	"bufio"
	"debug/gosym"
	"fmt"
	"internal/trace"
	"log"
	"os"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	data, err := os.ReadFile(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	if os.Args[1] == "table" {
		table(out, data)
		return
	}
	file, err := os.Open(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	result, err := trace.Parse(bufio.NewReader(file), os.Args[3])
	if err != nil {
		log.Fatal(err)
	}
	for _, event := range result.Events {
		for _, frame := range event.Stk {
			fmt.Fprintf(out, "%d %#x %s %s:%d\n", event.Off, frame.PC, frame.Fn, frame.File, frame.Line)
		}
	}
}

func table(out *bufio.Writer, data []byte) {
	lines := gosym.NewLineTable(data, 0)
	table, err := gosym.NewTable(nil, lines)
	if err != nil {
		log.Fatal(err)
	}
	for _, fn := range table.Funcs {
		for _, pc := range []uint64{fn.Entry, fn.Entry + 1, (fn.Entry + fn.End) / 2, fn.End - 1, fn.End} {
			file, line, fn := table.PCToLine(pc)
			if fn == nil {
				fmt.Fprintf(out, "%#x ? ?:0\n", pc)
				continue
			}
			fmt.Fprintf(out, "%#x %s %s:%d\n", pc, fn.Name, file, line)
		}
	}
}
