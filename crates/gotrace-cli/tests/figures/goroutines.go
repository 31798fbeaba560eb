package main

import (
	"internal/trace"
	"time"
)

func init() {
	questions["goroutines"] = func(events []trace.Event) any {
		summary := summarize(events)
		goroutines := []any{}
		for _, g := range summary.Goroutines {
			regions := []any{}
			for _, r := range g.Regions {
				regions = append(regions, region(r))
			}
			goroutines = append(goroutines, map[string]any{
				"id":      g.ID,
				"name":    g.Name,
				"created": g.CreationTime,
				"started": g.StartTime,
				"ended":   g.EndTime,
				"stats":   stats(g.GoroutineExecStats),
				"regions": regions,
			})
		}
		tasks := []any{}
		for _, t := range summary.Tasks {
			var parent any
			if t.Parent != nil {
				parent = t.Parent.ID
			}
			children, logs, goroutines := []trace.TaskID{}, []any{}, []trace.GoID{}
			for _, child := range t.Children {
				children = append(children, child.ID)
			}
			for _, log := range t.Logs {
				logs = append(logs, map[string]any{"time": log.Time(), "category": log.Log().Category, "message": log.Log().Message})
			}
			for id := range t.Goroutines {
				goroutines = append(goroutines, id)
			}
			tasks = append(tasks, map[string]any{
				"id":         t.ID,
				"name":       t.Name,
				"parent":     parent,
				"children":   children,
				"start":      when(t.Start),
				"end":        when(t.End),
				"logs":       logs,
				"regions":    len(t.Regions),
				"goroutines": goroutines,
			})
		}
		return map[string]any{"goroutines": goroutines, "tasks": tasks}
	}
}

func summarize(events []trace.Event) *trace.Summary {
	summarizer := trace.NewSummarizer()
	for i := range events {
		summarizer.Event(&events[i])
	}
	return summarizer.Finalize()
}

// when is an event's time, or nothing.
func when(ev *trace.Event) any {
	if ev == nil {
		return nil
	}
	return ev.Time()
}

func region(r *trace.UserRegionSummary) any {
	var frame trace.StackFrame
	if r.Start != nil {
		for f := range r.Start.Stack().Frames() {
			frame = f
		}
	}
	return map[string]any{
		"name":  r.Name,
		"task":  r.TaskID,
		"start": when(r.Start),
		"end":   when(r.End),
		"func":  frame.Func,
		"stats": stats(r.GoroutineExecStats),
	}
}

// stats leaves out what is zero, as names with no time.
func stats(s trace.GoroutineExecStats) any {
	named := func(times map[string]time.Duration) map[string]int64 {
		out := map[string]int64{}
		for name, time := range times {
			if time != 0 {
				out[name] = int64(time)
			}
		}
		return out
	}
	return map[string]any{
		"running":           s.ExecTime,
		"runnable":          s.SchedWaitTime,
		"waiting":           named(s.BlockTimeByReason),
		"syscall":           s.SyscallTime,
		"syscall_without_p": s.SyscallBlockTime,
		"total":             s.TotalTime,
		"unknown":           s.UnknownTime(),
		"ranges":            named(s.RangeTime),
	}
}
