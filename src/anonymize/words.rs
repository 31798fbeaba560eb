//! The runtime's own words, which stay: figures depend on them, and they name nothing.
//!
//! Every trace has all of them in its tables, used or not. Source: `traceBlockReasonStrings`,
//! `traceGoStopReasonStrings` and `stwReasonStrings` in `runtime/traceruntime.go` and
//! `runtime/proc.go`, and the labels of `runtime/mgc.go`, of Go 1.21 to 1.27. Words of later
//! releases stay where they are used as reasons.

const WORDS: [&str; 39] = [
    "unspecified",
    "forever",
    "network",
    "select",
    "sync.(*Cond).Wait",
    "sync",
    "chan send",
    "chan receive",
    "GC mark assist wait for work",
    "GC background sweeper wait",
    "system goroutine wait",
    "preempted",
    "wait for debug call",
    "wait until GC ends",
    "sleep",
    "runtime.Gosched",
    "GC weak to strong wait",
    "synctest",
    "unknown",
    "GC mark termination",
    "GC sweep termination",
    "write heap dump",
    "goroutine profile",
    "goroutine profile cleanup",
    "all goroutines stack trace",
    "read mem stats",
    "AllThreadsSyscall",
    "GOMAXPROCS",
    "start trace",
    "stop trace",
    "CountPagesInUse (test)",
    "ReadMetricsSlow (test)",
    "ReadMemStatsSlow (test)",
    "PageCachePagesLeaked (test)",
    "ResetDebugLog (test)",
    // Labels of the collector's workers.
    "GC (dedicated)",
    "GC (fractional)",
    "GC (idle)",
    "GC (not worker)",
];

/// Returns whether a text is one of the runtime's words.
pub(super) fn has(text: &[u8]) -> bool {
    WORDS.iter().any(|word| word.as_bytes() == text)
}
