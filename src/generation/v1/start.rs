//! Facts of the moment in which a v1 trace begins.

use crate::generation::v1::index::Index;
use crate::spec::v1::{EventType, lead};
use crate::wire::v1::event::RawEvents;

/// Returns GOMAXPROCS when the trace began, if the file states it. The event follows the
/// list of goroutines, which the P that starts the trace writes first.
pub(crate) fn gomaxprocs(file: &[u8], index: &Index) -> Option<u64> {
    use EventType::*;
    let first = index.batches.iter().min_by_key(|batch| (batch.seq, batch.ticks))?;
    for batch in index.batches.iter().filter(|batch| batch.proc == first.proc) {
        let mut events = RawEvents::from(file, batch.range.start, index.version);
        while events.offset() < batch.range.end {
            let raw = events.read().ok()?;
            match raw.event {
                Gomaxprocs => return raw.numbers.get(lead(index.version)).copied(),
                String | GoCreate | GoWaiting | GoInSyscall | ProcStart | GoStart | GoStartLocal | HeapAlloc
                | HeapGoal | STWStart | STWDone => {}
                _ => return None,
            }
        }
    }
    None
}
