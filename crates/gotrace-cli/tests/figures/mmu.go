package main

import (
	"fmt"
	"internal/trace"
	"time"
)

// Windows whose utilization is asked for, in nanoseconds.
var mmuWindows = []time.Duration{1, 100, 1_000, 3_700, 10_000, 68_000, 100_000, 1_000_000, 2_500_000, 10_000_000, 50_000_000, 1_000_000_000}

func init() {
	questions["mmu"] = func(events []trace.Event) any {
		answer := map[string]any{}
		for flags := trace.UtilFlags(0); flags < 32; flags++ {
			if curve := mmu(events, flags); curve != nil {
				answer[fmt.Sprint(int(flags))] = curve
			}
		}
		return answer
	}
}

// mmu is nil where Go's code panics, as it does when a P goes away.
func mmu(events []trace.Event, flags trace.UtilFlags) (answer []any) {
	defer func() {
		if recover() != nil {
			answer = nil
		}
	}()
	utils := trace.MutatorUtilizationV2(events, flags)
	if len(utils) == 0 {
		return nil
	}
	curve := trace.NewMMUCurve(utils)
	answer = []any{}
	for _, window := range mmuWindows {
		worst := []any{}
		for _, w := range curve.Examples(window, 10) {
			worst = append(worst, map[string]any{"time": w.Time, "utilization": w.MutatorUtil})
		}
		answer = append(answer, map[string]any{
			"window":    window,
			"mmu":       curve.MMU(window),
			"quantiles": curve.MUD(window, []float64{0, 1 - .999, 1 - .99, 1 - .95}),
			"worst":     worst,
		})
	}
	return answer
}
