package main

import "internal/trace"

func init() {
	questions["count"] = func(events []trace.Event) any {
		kinds := map[string]int{}
		for i := range events {
			kinds[events[i].Kind().String()]++
		}
		return map[string]any{"events": len(events), "kinds": kinds}
	}
}
