//! Conversion of a v1 event's arguments to those of the v2 event that it becomes.

use crate::base::bytes::uvarint;
use crate::base::ids::WIRE_NONE;
use crate::generation::tables::{ONE_PC, STW};
use crate::generation::v1::index::Index;
use crate::spec::status::{GoStatus, ProcStatus};
use crate::spec::v1::{EventType, Layout, lead};
use crate::spec::v2::EventType as V2;
use crate::spec::version::Version;
use crate::wire::v1::event::{MOST_NUMBERS, message};

/// A v1 event with its arguments, decoded on demand. Ordering has reported its defects before.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decoded {
    pub(crate) event: EventType,
    /// The arguments behind the time difference and without the stack.
    pub(crate) args: [u64; 3],
    /// The ID of the stack, or 0.
    pub(crate) stack: u64,
    /// The offset of the end of its numbers.
    end: usize,
}

impl Decoded {
    /// Decodes the timed event at `offset`.
    pub(crate) fn at(file: &[u8], offset: usize, version: Version) -> Option<Decoded> {
        let &byte = file.get(offset)?;
        let event = EventType::from_wire(byte & 0x3f)?;
        let spec = event.spec();
        let mut pos = offset + 1;
        if byte >= 0xc0 {
            uvarint(file, &mut pos).ok()?;
        }
        let mut numbers = [0; MOST_NUMBERS];
        let count = spec.numbers_in(version);
        for number in numbers.iter_mut().take(count) {
            *number = uvarint(file, &mut pos).unwrap_or_default();
        }
        let mut behind = numbers.iter().copied().skip(lead(version)).take(count - lead(version).min(count));
        let mut args = [0; 3];
        for (arg, _) in args.iter_mut().zip(spec.args_in(version)) {
            *arg = behind.next().unwrap_or_default();
        }
        // Go's reader keeps 32 bits of a stack's ID.
        let stack = if spec.stack { u64::from(behind.next().unwrap_or_default() as u32) } else { 0 };
        Some(Decoded { event, args, stack, end: pos })
    }

    /// Returns the message of a `UserLog`; empty for other events.
    pub(crate) fn message<'a>(&self, file: &'a [u8]) -> &'a [u8] {
        if self.event.spec().layout == Layout::TimedData { message(file, self.end) } else { b"" }
    }
}

/// Returns the arguments of the event at `offset`, in the order of the v2 event `becomes`. The
/// first, the time difference, is always 0. `proc` is the P of its context.
pub(crate) fn args(file: &[u8], index: &Index, offset: usize, becomes: V2, proc: u64) -> [u64; 5] {
    let Some(Decoded { event, args: [a, b, c], stack, .. }) = Decoded::at(file, offset, index.version) else {
        return [0; 5];
    };
    // An ID that the table does not have, or has without frames, stands for no stack.
    let stack = if stack != 0 && index.tables.has_stack(stack) { stack } else { 0 };
    match becomes {
        V2::ProcsChange => [0, a, stack, 0, 0],
        V2::ProcStart => [0, proc, 0, 0, 0],
        V2::ProcStatus => {
            let status = if event == EventType::ProcStart { ProcStatus::Running } else { ProcStatus::Idle };
            [0, proc, status as u64, 0, 0]
        }
        V2::GoCreate if index.version < Version::Go107 => {
            // The file states the function's entry; one more makes a return address of it, as in stacks.
            [0, a, if b == 0 { 0 } else { b.wrapping_add(1) | ONE_PC }, stack, 0]
        }
        V2::GoCreate => [0, a, b, stack, 0],
        V2::GoStart => [0, a, b, 0, 0],
        V2::GoStop | V2::GoBlock => [0, index.builtin + reason(event), stack, 0, 0],
        V2::GoUnblock => [0, a, b, stack, 0],
        V2::GoSyscallBegin => [0, 0, stack, 0, 0],
        V2::GoStatus => [0, a, WIRE_NONE, status(event) as u64, 0],
        V2::STWBegin => [0, index.builtin + STW + stw_reason(index.version, a), 0, 0, 0],
        V2::GCBegin => [0, a, stack, 0, 0],
        V2::GCSweepBegin | V2::GCMarkAssistBegin => [0, stack, 0, 0, 0],
        V2::GCSweepEnd => [0, a, b, 0, 0],
        V2::HeapAlloc | V2::HeapGoal => [0, a, 0, 0, 0],
        V2::GoLabel => [0, c, 0, 0, 0],
        V2::UserTaskBegin => [0, a, b, c, stack],
        V2::UserTaskEnd => [0, a, stack, 0, 0],
        V2::UserRegionBegin | V2::UserRegionEnd => [0, a, c, stack, 0],
        V2::UserLog => [0, a, b, 0, stack],
        V2::CPUSample => [0, 0, 0, 0, stack],
        _ => [0; 5],
    }
}

/// Returns the reason why a goroutine stops or blocks, as an index of [`BUILTIN`].
///
/// [`BUILTIN`]: crate::generation::tables::BUILTIN
fn reason(event: EventType) -> u64 {
    match event {
        EventType::GoStop => 0,
        EventType::GoPreempt => 1,
        EventType::GoSched => 2,
        EventType::GoSleep => 3,
        EventType::GoBlockSend => 4,
        EventType::GoBlockRecv => 5,
        EventType::GoBlockNet => 6,
        EventType::GoBlockSync => 7,
        EventType::GoBlockCond => 8,
        EventType::GoBlockSelect => 9,
        EventType::GoBlockGC => 11,
        _ => 10,
    }
}

/// Returns the reason of a stop-the-world, counted from the unknown one. Before Go
/// 1.10 the event has no reason, and Go takes it for the end of marking.
fn stw_reason(version: Version, kind: u64) -> u64 {
    match kind {
        0 | 1 if version < Version::Go121 => kind + 1,
        0..17 if version >= Version::Go121 => kind,
        _ => 0,
    }
}

/// Returns the status of a goroutine when the trace began, by the first event about it.
fn status(event: EventType) -> GoStatus {
    match event {
        EventType::GoWaiting => GoStatus::Waiting,
        EventType::GoInSyscall => GoStatus::Syscall,
        EventType::GoStart | EventType::GoStartLocal => GoStatus::Running,
        _ => GoStatus::Runnable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generation::tables::BUILTIN;

    #[test]
    fn reasons_are_named() {
        for (event, want) in [
            (EventType::GoStop, "forever"),
            (EventType::GoSched, "runtime.Gosched"),
            (EventType::GoBlockNet, "network"),
            (EventType::GoBlockCond, "sync.(*Cond).Wait"),
            (EventType::GoBlock, ""),
            (EventType::GoBlockGC, "GC mark assist wait for work"),
        ] {
            assert_eq!(BUILTIN[reason(event) as usize], want.as_bytes(), "{event}");
        }
        let stw = |version, kind| BUILTIN[(STW + stw_reason(version, kind)) as usize];
        assert_eq!(stw(Version::Go119, 1), b"GC sweep termination");
        assert_eq!(stw(Version::Go119, 2), b"");
        assert_eq!(stw(Version::Go121, 1), b"GC mark termination");
        assert_eq!(stw(Version::Go121, 16), b"ResetDebugLog (test)");
        assert_eq!(stw(Version::Go121, u64::MAX), b"");
    }
}
