//! The figures that are compared, by name.

use std::fmt;
use std::sync::Arc;

/// Thing that a figure is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Subject {
    /// The program as a whole.
    Program,
    /// The program's goroutines while they were blocked for one reason, in the runtime's words.
    Reason,
    /// The program's goroutines that began with one function.
    Function,
    /// The program's tasks of one type.
    TaskType,
    /// The program's regions of one type.
    RegionType,
}

impl Subject {
    /// All subjects, in the order in which they are shown.
    pub const ALL: [Subject; 5] =
        [Subject::Program, Subject::Reason, Subject::Function, Subject::TaskType, Subject::RegionType];

    /// Returns the word for one such thing.
    pub fn name(self) -> &'static str {
        match self {
            Subject::Program => "program",
            Subject::Reason => "reason",
            Subject::Function => "function",
            Subject::TaskType => "task type",
            Subject::RegionType => "region type",
        }
    }
}

/// Unit of a figure.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Unit {
    /// Share of a whole, from 0 to 1.
    Share,
    /// Nanoseconds.
    Nanos,
    /// Number in a second.
    PerSecond,
    /// Number in a second, for each P.
    PerSecondAndProc,
    /// Bytes.
    Bytes,
    /// Number of goroutines.
    Goroutines,
    /// Number of goroutines, for each P.
    GoroutinesPerProc,
}

impl Unit {
    /// Returns the word for the unit.
    pub fn name(self) -> &'static str {
        match self {
            Unit::Share => "share",
            Unit::Nanos => "nanoseconds",
            Unit::PerSecond => "per_second",
            Unit::PerSecondAndProc => "per_second_and_proc",
            Unit::Bytes => "bytes",
            Unit::Goroutines => "goroutines",
            Unit::GoroutinesPerProc => "goroutines_per_proc",
        }
    }

    /// Returns the figure of something that does not occur in a trace: none for a duration or
    /// a size, which nothing has, and 0 for all else.
    pub fn of_nothing(self) -> Option<f64> {
        match self {
            Unit::Nanos | Unit::Bytes => None,
            _ => Some(0.0),
        }
    }
}

macro_rules! metrics {
    ($($metric:ident $name:literal $subject:ident $unit:ident: $meaning:literal;)*) => {
        /// A figure that each trace has, or can have.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[non_exhaustive]
        pub enum Metric {
            $(#[doc = $meaning] $metric,)*
        }

        impl Metric {
            /// All metrics, in the order in which they are shown.
            pub const ALL: &'static [Metric] = &[$(Metric::$metric),*];

            /// Returns the name of the metric.
            pub fn name(self) -> &'static str {
                match self { $(Metric::$metric => $name,)* }
            }

            /// Returns what the metric is about.
            pub fn subject(self) -> Subject {
                match self { $(Metric::$metric => Subject::$subject,)* }
            }

            /// Returns the unit of the metric.
            pub fn unit(self) -> Unit {
                match self { $(Metric::$metric => Unit::$unit,)* }
            }

            /// Returns the meaning of the metric, in words.
            pub fn meaning(self) -> &'static str {
                match self { $(Metric::$metric => $meaning.trim_ascii(),)* }
            }
        }
    };
}

metrics! {
    Running "running" Program Share: "Share of the Ps' time in which a goroutine ran.";
    Idle "idle" Program Share: "Share of the Ps' time in which no thread had the P.";
    IdleBeside "idle.beside" Program Share: "Share of the Ps' time in which the P idled beside a goroutine that could run.";
    LatencyP50 "latency.p50" Program Nanos: "Median of the waits for a P.";
    LatencyP99 "latency.p99" Program Nanos: "Wait for a P that 99 in 100 do not exceed.";
    LatencyMax "latency.max" Program Nanos: "Longest wait for a P.";
    LatencyWaiting "latency.waiting" Program GoroutinesPerProc: "Mean number of goroutines that wait for a P, for each P.";
    GcShare "gc" Program Share: "Share of the Ps' time that the garbage collector took.";
    GcAssists "gc.assists" Program Share: "Share of the Ps' time in which goroutines assisted the collector.";
    GcMarking "gc.marking" Program Share: "Share of time in which the collector marked.";
    GcCycles "gc.cycles" Program PerSecond: "Collections in a second.";
    HeapMax "heap.max" Program Bytes: "Largest live heap.";
    Stops "stops" Program PerSecond: "Stops of the world in a second, without those of the tracer.";
    StopsShare "stops.share" Program Share: "Share of time in which the world was stopped.";
    StopsMax "stops.max" Program Nanos: "Longest stop of the world.";
    Syscalls "syscalls" Program PerSecondAndProc: "System calls in a second, for each P; the runtime tells of those that do not return at once.";
    SyscallsLost "syscalls.lost" Program PerSecondAndProc: "System calls that lost their P, in a second, for each P.";
    Created "goroutines.created" Program PerSecondAndProc: "Goroutines created in a second, for each P.";
    Alive "goroutines" Program Goroutines: "Mean number of goroutines.";
    AliveMax "goroutines.max" Program Goroutines: "Most goroutines at one time.";
    Blocked "blocked" Reason Goroutines: "Mean number of the program's goroutines that are blocked for the reason.";
    FunctionRunning "function.running" Function Share: "Share of the Ps' time in which goroutines that began with the function ran.";
    FunctionLatency "function.latency.p99" Function Nanos: "Wait for a P that 99 in 100 of their waits do not exceed.";
    FunctionBlocked "function.blocked" Function Goroutines: "Mean number of them that are blocked.";
    FunctionCreated "function.created" Function PerSecondAndProc: "Number of them created in a second, for each P.";
    TaskP50 "task.p50" TaskType Nanos: "Median of the lengths of the tasks that began and ended.";
    TaskP99 "task.p99" TaskType Nanos: "Length that 99 in 100 of these tasks do not exceed.";
    TaskRate "task.rate" TaskType PerSecond: "Number of them in a second.";
    RegionP50 "region.p50" RegionType Nanos: "Median of the lengths of the regions that began and ended.";
    RegionP99 "region.p99" RegionType Nanos: "Length that 99 in 100 of these regions do not exceed.";
    RegionRate "region.rate" RegionType PerSecond: "Number of them in a second.";
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A metric of the program as a whole, or of one reason, function or type.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub struct Key {
    /// The metric.
    pub metric: Metric,
    /// The reason, function or type; not necessarily UTF-8. None for the program as a whole.
    pub of: Option<Arc<[u8]>>,
}

impl Key {
    /// Returns the key of a metric of the program as a whole.
    pub(super) fn program(metric: Metric) -> Key {
        Key { metric, of: None }
    }

    /// Returns the key of a metric of a reason, function or type.
    pub(super) fn of(metric: Metric, name: &Arc<[u8]>) -> Key {
        Key { metric, of: Some(Arc::clone(name)) }
    }
}

/// The name of the metric and, behind a colon, of the reason, function or type.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.metric.name())?;
        match &self.of {
            Some(name) => write!(f, ":{}", String::from_utf8_lossy(name)),
            None => Ok(()),
        }
    }
}
