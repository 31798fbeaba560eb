package main

import "runtime/debug"

// gc allocates faster than the background workers can mark, so that cycles
// follow one another and the goroutines assist and sweep. One P is left for the
// background sweeper, which yields to whoever else wants to run, and would make
// nearly all of the events.
func gc() {
	debug.SetGCPercent(50)
	for i := 0; i < 2; i++ {
		go trees()
		go blocks(2<<10, 16<<10)
		go blocks(33<<10, 64<<10)
	}
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return new(tree)
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

// trees makes trees, and keeps a few.
func trees() {
	var kept [32]*tree
	for n := 0; ; n++ {
		step()
		kept[n%len(kept)] = grow(10)
	}
}

// blocks allocates between from and to bytes at a time, some of them pointers.
func blocks(from, to int) {
	var bytes [128][]byte
	var pointers [128][]*tree
	for n := 0; ; n++ {
		step()
		size := from + n*1031%(to-from)
		bytes[n%len(bytes)] = make([]byte, size)
		if n%8 == 0 {
			pointers[n/8%len(pointers)] = make([]*tree, size/8)
		}
	}
}
