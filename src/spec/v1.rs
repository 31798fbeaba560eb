//! The table of v1 events: numbers, names, arguments, since which version.
//! Everything else derives from it. Source: `runtime/trace.go` of Go 1.21 and
//! `internal/trace/parser.go` of Go 1.21.13, whose names these are.

use crate::spec::version::Version;
use std::fmt;

/// An argument of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arg {
    /// The name, as Go's tool prints it.
    pub name: &'static str,
    /// The version that added it.
    pub since: Version,
}

/// The layout of an event: the parts that follow its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Arguments only.
    Structural,
    /// A time difference (before it, in Go 1.5, a sequence difference), then
    /// the arguments.
    Timed,
    /// A time difference and arguments as for `Timed`, then a length and that many bytes.
    TimedData,
    /// An ID, a length and that many bytes.
    Data,
    /// An ID, a count and that many frames.
    Frames,
}

/// One row of the event table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spec {
    /// The event's name.
    pub name: &'static str,
    /// The version that introduced it.
    pub since: Version,
    /// The layout of its parts.
    pub layout: Layout,
    /// The arguments behind the time difference, without the stack.
    pub args: &'static [Arg],
    /// True if the ID of a stack ends it.
    pub stack: bool,
}

impl Spec {
    /// Iterates over the arguments in that version, behind the time difference and without
    /// the stack. Arguments added by later versions are always last.
    pub fn args_in(&self, version: Version) -> impl Iterator<Item = &'static Arg> {
        self.args.iter().filter(move |arg| arg.since <= version)
    }

    /// Returns the number of varints of an event in that version. It does not hold for
    /// `Stack` and `String`.
    pub fn numbers_in(&self, version: Version) -> usize {
        // Events without a time have one number more in 1.5 too, which is unused.
        let lead = if self.is_timed() { lead(version) } else { lead(version) - 1 };
        lead + self.args_in(version).count() + usize::from(self.stack)
    }

    /// Returns whether an event has a time.
    pub fn is_timed(&self) -> bool {
        matches!(self.layout, Layout::Timed | Layout::TimedData)
    }
}

/// Returns the number of varints before a timed event's arguments.
pub(crate) fn lead(version: Version) -> usize {
    if version < Version::Go107 { 2 } else { 1 }
}

macro_rules! since {
    () => {
        Version::Go105
    };
    ($since:ident) => {
        Version::$since
    };
}

/// Makes the enum and its table from rows of
/// `number Name since layout [argument: since ..] (stack)?`.
macro_rules! events {
    ($($number:literal $name:ident $since:ident $layout:ident [$($arg:ident $(: $added:ident)?),*] $($stack:ident)?;)*) => {
        /// The type of a v1 event.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "the names are Go's; `Spec` tells the rest")]
        pub enum EventType {
            $($name = $number),*
        }

        impl EventType {
            /// All types, by number.
            pub const ALL: &'static [EventType] = &[$(EventType::$name),*];

            /// Returns the type with that number; `None` if there is none.
            #[inline(always)]
            pub fn from_wire(number: u8) -> Option<EventType> {
                match number {
                    $($number => Some(EventType::$name),)*
                    _ => None,
                }
            }

            /// Returns the type's row of the event table.
            pub const fn spec(self) -> &'static Spec {
                match self {
                    $(EventType::$name => const {
                        &Spec {
                            name: stringify!($name),
                            since: Version::$since,
                            layout: Layout::$layout,
                            args: &[$(Arg { name: stringify!($arg), since: since!($($added)?) }),*],
                            stack: false $(|| stringify!($stack).len() == 5)?,
                        }
                    },)*
                }
            }
        }
    };
}

events! {
    1 Batch Go105 Structural [p, ticks];
    2 Frequency Go105 Structural [freq];
    3 Stack Go105 Frames [id, siz];
    4 Gomaxprocs Go105 Timed [procs] stack;
    5 ProcStart Go105 Timed [thread];
    6 ProcStop Go105 Timed [];
    7 GCStart Go105 Timed [seq: Go107] stack;
    8 GCDone Go105 Timed [];
    9 STWStart Go105 Timed [kindid: Go110];
    10 STWDone Go105 Timed [];
    11 GCSweepStart Go105 Timed [] stack;
    12 GCSweepDone Go105 Timed [swept: Go109, reclaimed: Go109];
    13 GoCreate Go105 Timed [g, stack] stack;
    14 GoStart Go105 Timed [g, seq: Go107];
    15 GoEnd Go105 Timed [];
    16 GoStop Go105 Timed [] stack;
    17 GoSched Go105 Timed [] stack;
    18 GoPreempt Go105 Timed [] stack;
    19 GoSleep Go105 Timed [] stack;
    20 GoBlock Go105 Timed [] stack;
    21 GoUnblock Go105 Timed [g, seq: Go107] stack;
    22 GoBlockSend Go105 Timed [] stack;
    23 GoBlockRecv Go105 Timed [] stack;
    24 GoBlockSelect Go105 Timed [] stack;
    25 GoBlockSync Go105 Timed [] stack;
    26 GoBlockCond Go105 Timed [] stack;
    27 GoBlockNet Go105 Timed [] stack;
    28 GoSysCall Go105 Timed [] stack;
    29 GoSysExit Go105 Timed [g, seq, ts];
    30 GoSysBlock Go105 Timed [];
    31 GoWaiting Go105 Timed [g];
    32 GoInSyscall Go105 Timed [g];
    33 HeapAlloc Go105 Timed [mem];
    34 HeapGoal Go105 Timed [mem];
    35 TimerGoroutine Go105 Structural [g];
    36 FutileWakeup Go105 Timed [];
    37 String Go107 Data [id];
    38 GoStartLocal Go107 Timed [g];
    39 GoUnblockLocal Go107 Timed [g] stack;
    40 GoSysExitLocal Go107 Timed [g, ts];
    41 GoStartLabel Go108 Timed [g, seq, labelid];
    42 GoBlockGC Go108 Timed [] stack;
    43 GCMarkAssistStart Go109 Timed [] stack;
    44 GCMarkAssistDone Go109 Timed [];
    45 UserTaskCreate Go111 Timed [taskid, pid, typeid] stack;
    46 UserTaskEnd Go111 Timed [taskid] stack;
    47 UserRegion Go111 Timed [taskid, mode, typeid] stack;
    48 UserLog Go111 TimedData [id, keyid] stack;
    49 CPUSample Go119 Timed [ts, p, g] stack;
}

impl EventType {
    /// Returns the name that Go gives the type.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the type that an event has once it is ordered: a "local" one, which stands for
    /// "on the same P as before", becomes the one that says it in full.
    #[inline(always)]
    pub(crate) const fn global(self) -> EventType {
        match self {
            EventType::GoStartLocal => EventType::GoStart,
            EventType::GoUnblockLocal => EventType::GoUnblock,
            EventType::GoSysExitLocal => EventType::GoSysExit,
            other => other,
        }
    }
}

/// A pattern of the events by which a running goroutine begins to wait, but for `GoSysBlock`,
/// whose goroutine stays in its system call. It wants the variants of `EventType` in scope.
macro_rules! blocking {
    () => {
        GoBlock
            | GoBlockSend
            | GoBlockRecv
            | GoBlockSelect
            | GoBlockSync
            | GoBlockCond
            | GoBlockNet
            | GoBlockGC
            | GoSleep
    };
}
pub(crate) use blocking;

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_go_counts_them() {
        use EventType::*;
        let numbers =
            |event: EventType| [Version::Go105, Version::Go107, Version::Go121].map(|v| event.spec().numbers_in(v));
        for (event, want) in [
            (Batch, [3, 2, 2]),
            (Frequency, [2, 1, 1]),
            (TimerGoroutine, [2, 1, 1]),
            (GoStart, [3, 3, 3]),
            (GoCreate, [5, 4, 4]),
            (GoUnblock, [4, 4, 4]),
            (GCStart, [3, 3, 3]),
            (GCSweepDone, [2, 1, 3]),
            (STWStart, [2, 1, 2]),
            (GoSysExit, [5, 4, 4]),
        ] {
            assert_eq!(numbers(event), want, "{event}");
        }
    }

    #[test]
    fn numbers_ascend_without_gaps() {
        for (i, &event) in EventType::ALL.iter().enumerate() {
            assert_eq!(event as usize, i + 1);
            assert_eq!(EventType::from_wire(event as u8), Some(event));
        }
    }
}
