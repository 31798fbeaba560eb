package main

import "runtime/debug"

// gc allocates faster than the background workers can mark, so that cycles
// follow one another and the goroutines assist and sweep. It has fewer
// goroutines than Ps: where all are busy the background sweeper yields all the
// time, and nearly all events come from that.
func gc() {
	debug.SetGCPercent(100)
	go lists()
	for i := 0; i < 2; i++ {
		go blocks(9<<10, 16<<10)
		go blocks(33<<10, 34<<10)
	}
}

type node struct {
	next  *node
	value [2]int
}

// lists makes lists of small objects, and keeps a few.
func lists() {
	var kept [16]*node
	for n := 0; ; n++ {
		step()
		var list *node
		for i := 0; i < 2000; i++ {
			list = &node{next: list}
		}
		kept[n%len(kept)] = list
	}
}

// blocks allocates between from and to bytes at a time, some of them pointers.
func blocks(from, to int) {
	var bytes [64][]byte
	var pointers [64][]*node
	for n := 0; ; n++ {
		step()
		size := from + n*1031%(to-from)
		bytes[n%len(bytes)] = make([]byte, size)
		if n%8 == 0 {
			pointers[n/8%len(pointers)] = make([]*node, size/8)
		}
	}
}
