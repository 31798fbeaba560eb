//! The figures of a goroutine or region, as JSON.

use gotrace::analysis::goroutines::stats::ByName;
use gotrace::analysis::goroutines::{Stats, Summaries};
use serde_json::{Map, Value, json};

/// Times in nanoseconds; names without a time are left out.
pub(crate) fn json(stats: &Stats, summaries: &Summaries) -> Value {
    let named = |times: &ByName| -> Map<String, Value> {
        let times = times.iter().filter(|(_, time)| *time != 0);
        times
            .map(|(name, time)| (String::from_utf8_lossy(summaries.names().get(name)).into_owned(), time.into()))
            .collect()
    };
    json!({
        "exec": stats.exec,
        "sched_wait": stats.sched_wait,
        "block": named(&stats.block),
        "syscall": stats.syscall,
        "syscall_block": stats.syscall_block,
        "total": stats.total,
        "unknown": stats.unknown(),
        "ranges": named(&stats.ranges),
    })
}
