//! The table of v2 events: numbers, names, arguments, since which version.
//! Everything else derives from it. Source: `internal/trace/tracev2/events.go`
//! of Go 1.27.

use crate::spec::version::Version;
use std::fmt;

/// The meaning of an argument beyond its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ArgRole {
    /// A plain number.
    Number,
    /// A string ID.
    String,
    /// The ID of the stack of the event's own context.
    Stack,
    /// The ID of another goroutine's stack.
    OtherStack,
}

/// An argument of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arg {
    /// The name in the text form.
    pub name: &'static str,
    /// The kind of thing that the number refers to.
    pub role: ArgRole,
}

/// The layout of an event: the parts that follow its first byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// Arguments only; structures the file.
    Structural,
    /// Arguments, the first a time difference; stands in an M's stream.
    Timed,
    /// Arguments, a length and that many bytes.
    Data,
    /// Arguments, the last a count of frames of four varints each.
    Frames,
}

/// One row of the event table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Spec {
    /// The event's name.
    pub name: &'static str,
    /// The arguments, the time difference included.
    pub args: &'static [Arg],
    /// The layout of its parts.
    pub layout: Layout,
    /// The version that introduced it.
    pub since: Version,
    /// The event that begins the range, if this one ends or continues a range.
    pub begin: Option<EventType>,
    /// True if it belongs to the AllocFree experiment.
    pub experimental: bool,
}

impl Spec {
    /// Returns the index of the argument with the context's own stack.
    pub const fn stack_arg(&self) -> Option<usize> {
        let mut at = 0;
        while at < self.args.len() {
            if matches!(self.args[at].role, ArgRole::Stack) {
                return Some(at);
            }
            at += 1;
        }
        None
    }
}

const fn role(name: &str) -> ArgRole {
    let name = name.as_bytes();
    if ends_with(name, b"_string") {
        ArgRole::String
    } else if ends_with(name, b"_stack") {
        ArgRole::OtherStack
    } else if name.len() == 5 && ends_with(name, b"stack") {
        ArgRole::Stack
    } else {
        ArgRole::Number
    }
}

const fn ends_with(name: &[u8], end: &[u8]) -> bool {
    if name.len() < end.len() {
        return false;
    }
    let mut i = 0;
    while i < end.len() {
        if name[name.len() - end.len() + i] != end[i] {
            return false;
        }
        i += 1;
    }
    true
}

macro_rules! begin {
    () => {
        None
    };
    ($begin:ident) => {
        Some(EventType::$begin)
    };
}

/// Makes the enum and its table from rows of
/// `number Name version layout [arguments] (begins with Begin)? (experimental)?`.
macro_rules! events {
    ($($number:literal $name:ident $since:ident $layout:ident [$($arg:ident)*]
        $(from $begin:ident)? $(experimental $experimental:literal)?;)*) => {
        /// The type of an event, as its first byte says.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        #[non_exhaustive]
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
                            args: &[$(Arg { name: stringify!($arg), role: role(stringify!($arg)) }),*],
                            layout: Layout::$layout,
                            since: Version::$since,
                            begin: begin!($($begin)?),
                            experimental: false $(|| $experimental)?,
                        }
                    },)*
                }
            }
        }
    };
}

events! {
    1 EventBatch Go122 Structural [gen m time size];
    2 Stacks Go122 Structural [];
    3 Stack Go122 Frames [id nframes];
    4 Strings Go122 Structural [];
    5 String Go122 Data [id];
    6 CPUSamples Go122 Structural [];
    7 CPUSample Go122 Structural [time m p g stack];
    8 Frequency Go122 Structural [freq];

    9 ProcsChange Go122 Timed [dt procs_value stack];
    10 ProcStart Go122 Timed [dt p p_seq];
    11 ProcStop Go122 Timed [dt];
    12 ProcSteal Go122 Timed [dt p p_seq m];
    13 ProcStatus Go122 Timed [dt p pstatus];

    14 GoCreate Go122 Timed [dt new_g new_stack stack];
    15 GoCreateSyscall Go122 Timed [dt new_g];
    16 GoStart Go122 Timed [dt g g_seq];
    17 GoDestroy Go122 Timed [dt];
    18 GoDestroySyscall Go122 Timed [dt];
    19 GoStop Go122 Timed [dt reason_string stack];
    20 GoBlock Go122 Timed [dt reason_string stack];
    21 GoUnblock Go122 Timed [dt g g_seq stack];
    22 GoSyscallBegin Go122 Timed [dt p_seq stack];
    23 GoSyscallEnd Go122 Timed [dt] from GoSyscallBegin;
    24 GoSyscallEndBlocked Go122 Timed [dt] from GoSyscallBegin;
    25 GoStatus Go122 Timed [dt g m gstatus];

    26 STWBegin Go122 Timed [dt kind_string stack];
    27 STWEnd Go122 Timed [dt] from STWBegin;

    28 GCActive Go122 Timed [dt gc_seq] from GCBegin;
    29 GCBegin Go122 Timed [dt gc_seq stack];
    30 GCEnd Go122 Timed [dt gc_seq] from GCBegin;
    31 GCSweepActive Go122 Timed [dt p] from GCSweepBegin;
    32 GCSweepBegin Go122 Timed [dt stack];
    33 GCSweepEnd Go122 Timed [dt swept_value reclaimed_value] from GCSweepBegin;
    34 GCMarkAssistActive Go122 Timed [dt g] from GCMarkAssistBegin;
    35 GCMarkAssistBegin Go122 Timed [dt stack];
    36 GCMarkAssistEnd Go122 Timed [dt] from GCMarkAssistBegin;
    37 HeapAlloc Go122 Timed [dt heapalloc_value];
    38 HeapGoal Go122 Timed [dt heapgoal_value];

    39 GoLabel Go122 Timed [dt label_string];
    40 UserTaskBegin Go122 Timed [dt task parent_task name_string stack];
    41 UserTaskEnd Go122 Timed [dt task stack];
    42 UserRegionBegin Go122 Timed [dt task name_string stack];
    43 UserRegionEnd Go122 Timed [dt task name_string stack] from UserRegionBegin;
    44 UserLog Go122 Timed [dt task key_string value_string stack];

    45 GoSwitch Go123 Timed [dt g g_seq];
    46 GoSwitchDestroy Go123 Timed [dt g g_seq];
    47 GoCreateBlocked Go123 Timed [dt new_g new_stack stack];
    48 GoStatusStack Go123 Timed [dt g m gstatus stack];
    49 ExperimentalBatch Go123 Data [exp gen m time];

    50 Sync Go125 Structural [];
    51 ClockSnapshot Go125 Timed [dt mono sec nsec];
    52 EndOfGeneration Go126 Structural [];

    128 Span Go126 Timed [dt id npages_value kindclass] experimental true;
    129 SpanAlloc Go126 Timed [dt id npages_value kindclass] experimental true;
    130 SpanFree Go126 Timed [dt id] experimental true;
    131 HeapObject Go126 Timed [dt id type] experimental true;
    132 HeapObjectAlloc Go126 Timed [dt id type] experimental true;
    133 HeapObjectFree Go126 Timed [dt id] experimental true;
    134 GoroutineStack Go126 Timed [dt id order] experimental true;
    135 GoroutineStackAlloc Go126 Timed [dt id order] experimental true;
    136 GoroutineStackFree Go126 Timed [dt id] experimental true;
}

impl EventType {
    /// Returns the name that Go gives the type.
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// Returns the type with that name; `None` if there is none.
    pub fn from_name(name: &str) -> Option<EventType> {
        EventType::ALL.iter().copied().find(|t| t.name() == name)
    }

    /// Iterates over the rows that Go's tools have a name for in files of `version`, by
    /// number; `None` for the gaps. Experimental events were written from Go
    /// 1.23 on, but Go's raw reader knows them from 1.26 only.
    pub fn named_in(version: Version) -> impl Iterator<Item = Option<&'static Spec>> {
        let last = EventType::ALL.iter().rev().find(|t| t.spec().since <= version).map_or(0, |t| *t as u8);
        (0..=last).map(|number| EventType::from_wire(number).map(EventType::spec))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_consistent() {
        let mut last = 0;
        for &event in EventType::ALL {
            let spec = event.spec();
            assert!(event as u8 > last, "numbers ascend at {event}");
            last = event as u8;
            assert_eq!(EventType::from_wire(last), Some(event));
            assert_eq!(EventType::from_name(spec.name), Some(event));
            assert_eq!(spec.layout == Layout::Timed, spec.args.first().is_some_and(|a| a.name == "dt"), "{event}");
            assert!(spec.layout != Layout::Timed || spec.args.len() <= crate::base::limits::MAX_TIMED_ARGS, "{event}");
        }
    }

    #[test]
    fn roles_follow_from_names() {
        let roles = |event: EventType| event.spec().args.iter().map(|a| a.role).collect::<Vec<_>>();
        use ArgRole::*;
        assert_eq!(roles(EventType::GoCreate), [Number, Number, OtherStack, Stack]);
        assert_eq!(roles(EventType::UserLog), [Number, Number, String, String, Stack]);
        assert_eq!(roles(EventType::Stack), [Number, Number], "nframes is a count");
        assert_eq!(roles(EventType::HeapObject), [Number, Number, Number]);
    }

    #[test]
    fn versions_know_as_many_events_as_go() {
        let count = |v| EventType::named_in(v).count();
        assert_eq!(Version::V2.map(count), [45, 50, 52, 137]);
    }
}
