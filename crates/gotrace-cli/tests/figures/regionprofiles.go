package main

import (
	"cmp"
	"internal/trace"
	"slices"
	"strings"
)

// What /regionio, /regionblock, /regionsyscall and /regionsched of go tool trace
// show for each type of region: of each goroutine, the outermost regions count.
func init() {
	questions["regionprofiles"] = func(events []trace.Event) any {
		summarizer := trace.NewSummarizer()
		for i := range events {
			summarizer.Event(&events[i])
		}
		summary := summarizer.Finalize()
		first, last := events[0].Time(), events[len(events)-1].Time()

		types := map[string]map[trace.GoID][][2]trace.Time{}
		for _, g := range summary.Goroutines {
			for _, r := range g.Regions {
				from, to := first, last
				if r.Start != nil {
					from = r.Start.Time()
				}
				if r.End != nil {
					to = r.End.Time()
				}
				if types[r.Name] == nil {
					types[r.Name] = map[trace.GoID][][2]trace.Time{}
				}
				types[r.Name][g.ID] = append(types[r.Name][g.ID], [2]trace.Time{from, to})
			}
		}
		// Inherited regions have no name, and cannot be asked for.
		delete(types, "")

		answer := map[string]map[string]any{}
		for kind, matches := range map[string]func(trace.GoState, string) bool{
			"net": func(s trace.GoState, reason string) bool { return s == trace.GoWaiting && reason == "network" },
			"sync": func(s trace.GoState, reason string) bool {
				return s == trace.GoWaiting && (strings.Contains(reason, "chan") || strings.Contains(reason, "sync") || strings.Contains(reason, "select"))
			},
			"syscall": func(s trace.GoState, _ string) bool { return s == trace.GoSyscall },
			"sched":   func(s trace.GoState, _ string) bool { return s == trace.GoRunnable },
		} {
			answer[kind] = map[string]any{}
			for name, byGoroutine := range types {
				intervals := map[trace.GoID][][2]trace.Time{}
				for id, all := range byGoroutine {
					intervals[id] = outermost(slices.Clone(all))
				}
				answer[kind][name] = profile(events, intervals, matches)
			}
		}
		return answer
	}
}

func outermost(all [][2]trace.Time) (kept [][2]trace.Time) {
	slices.SortFunc(all, func(a, b [2]trace.Time) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	})
	var until trace.Time
	for _, interval := range all {
		if until <= interval[0] {
			kept = append(kept, interval)
			until = interval[1]
		}
	}
	return kept
}

type sample struct {
	PCs   []uint64 `json:"pcs"`
	Count int64    `json:"count"`
	Nanos int64    `json:"nanos"`
}

func profile(events []trace.Event, intervals map[trace.GoID][][2]trace.Time, matches func(trace.GoState, string) bool) []*sample {
	type span struct {
		state trace.GoState
		event *trace.Event
	}
	open := map[trace.GoID]span{}
	samples := []*sample{}
	for i := range events {
		ev := &events[i]
		if ev.Kind() != trace.EventStateTransition {
			continue
		}
		st := ev.StateTransition()
		if st.Resource.Kind != trace.ResourceGoroutine {
			continue
		}
		id := st.Resource.Goroutine()
		_, to := st.Goroutine()
		began, ok := open[id]
		if !ok {
			if matches(to, st.Reason) {
				open[id] = span{to, ev}
			}
			continue
		}
		if to == began.state {
			continue
		}
		delete(open, id)
		var total int64
		for _, interval := range intervals[id] {
			from, until := max(interval[0], began.event.Time()), min(interval[1], ev.Time())
			if until > from {
				total += int64(until.Sub(from))
			}
		}
		if total == 0 {
			continue
		}
		pcs := []uint64{}
		for frame := range began.event.Stack().Frames() {
			pcs = append(pcs, frame.PC)
		}
		at := slices.IndexFunc(samples, func(s *sample) bool { return slices.Equal(s.PCs, pcs) })
		if at < 0 {
			at = len(samples)
			samples = append(samples, &sample{PCs: pcs})
		}
		samples[at].Count++
		samples[at].Nanos += total
	}
	return samples
}
