package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

type node struct {
	next *node
	data [6]int
}

// keep makes a heap that takes a while to mark, by several at a time.
func keep(much amounts) [][]*node {
	lists := make([][]*node, 0, much.liveObjects/1000)
	for len(lists) < cap(lists) {
		list := make([]*node, 1000)
		for i := range list {
			list[i] = &node{}
		}
		lists = append(lists, list)
	}
	put("heap/live bytes", Bounds{int64(len(lists)) * 1000 * (56 + 8), 0})
	return lists
}

// forced runs a whole cycle.
func forced() {
	before := now()
	runtime.GC()
	more("gc/forced cycles ns", Bounds{0, now() - before})
	more("gc/forced cycles", exactly(1))
}

// collect has the collector work: first alone, then for a program that allocates.
func collect(much amounts) {
	task(context.Background(), "collecting", func(context.Context) {
		for i := 0; i < much.forced; i++ {
			forced()
			time.Sleep(2 * time.Millisecond)
		}
	})
	var done sync.WaitGroup
	end := now() + int64(much.load)
	for i := 0; i < 4; i++ {
		done.Add(1)
		created++
		go allocates(end, &done)
	}
	done.Wait()
}

var some [4]*node

//go:noinline
func allocates(end int64, done *sync.WaitGroup) {
	defer done.Done()
	for i := 0; now() < end; i++ {
		var head *node
		for j := 0; j < 3000; j++ {
			head = &node{next: head}
		}
		mutex.Lock()
		some[i%4] = head
		mutex.Unlock()
	}
}
