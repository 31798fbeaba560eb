//! The tables, their columns and their schemas.

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Version of the tables: it becomes another when a column changes its meaning, its type or
/// its name, or is dropped.
pub const SCHEMA_VERSION: i64 = 1;

/// A table of a trace, or of a GODEBUG log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Table {
    /// The trace itself, in one row.
    Trace,
    /// Each state of each goroutine.
    States,
    /// Each goroutine.
    Goroutines,
    /// Each state of each P.
    ProcStates,
    /// Each stretch in which an M kept its P and its goroutine.
    ThreadStates,
    /// Each wakeup of a goroutine that had waited.
    Wakeups,
    /// Each stack that another table refers to.
    Stacks,
    /// Each call of these stacks.
    Frames,
    /// Each phase of the garbage collector and stop of the world.
    Ranges,
    /// Each task of the program.
    Tasks,
    /// Each region of the program.
    Regions,
    /// Each message that the program logged.
    Logs,
    /// Each figure that the runtime reported.
    Metrics,
    /// Each sample of the CPU profile.
    Samples,
    /// Each event.
    Events,
    /// Each `SCHED` line of a log.
    Sched,
    /// Each `gc` line of a log.
    Gc,
}

/// Type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The trace's ID, which is the same in all rows.
    TraceId,
    /// A 64-bit number.
    Int,
    /// A list of 64-bit numbers.
    Ints,
    /// A truth.
    Flag,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A name, of which there are few.
    Name,
    /// A text, of which there may be as many as rows.
    Text,
}

/// A column of a table: its name and its type.
pub(crate) type Column = (&'static str, Kind);

/// States of a goroutine, in the order of their numbers in batches.
pub(crate) const GO_STATES: &[&str] = &["runnable", "running", "syscall", "waiting", "notexist", "undetermined"];
/// States of a P.
pub(crate) const PROC_STATES: &[&str] = &["idle", "running", "syscall", "notexist", "undetermined"];
/// Kinds of ranges.
pub(crate) const RANGES: &[&str] = &["stw", "mark", "sweep", "assist"];
/// Scopes of ranges.
pub(crate) const SCOPES: &[&str] = &["global", "goroutine", "proc"];
/// Resources that an event changes.
pub(crate) const RESOURCES: &[&str] = &["goroutine", "proc"];

impl Table {
    /// Every table of a trace, in the order of the documentation.
    pub const ALL: [Table; 15] = [
        Table::Trace,
        Table::States,
        Table::Goroutines,
        Table::ProcStates,
        Table::ThreadStates,
        Table::Wakeups,
        Table::Stacks,
        Table::Frames,
        Table::Ranges,
        Table::Tasks,
        Table::Regions,
        Table::Logs,
        Table::Metrics,
        Table::Samples,
        Table::Events,
    ];

    /// Every table of a GODEBUG log.
    pub const OF_LOGS: [Table; 2] = [Table::Sched, Table::Gc];

    /// Number of all tables, of traces and of logs.
    pub(crate) const COUNT: usize = Table::ALL.len() + Table::OF_LOGS.len();

    /// Returns all tables, of traces and of logs.
    pub(crate) fn every() -> impl Iterator<Item = Table> {
        Table::ALL.into_iter().chain(Table::OF_LOGS)
    }

    /// Returns whether it is a table of logs, and not of traces.
    pub fn is_of_logs(self) -> bool {
        Table::OF_LOGS.contains(&self)
    }

    /// Returns the tables of a trace that are made if none are named: all but the events.
    pub fn default_set() -> impl Iterator<Item = Table> {
        Table::ALL.into_iter().filter(|table| *table != Table::Events)
    }

    /// Returns the name of the table.
    pub fn name(self) -> &'static str {
        match self {
            Table::Trace => "trace",
            Table::States => "states",
            Table::Goroutines => "goroutines",
            Table::ProcStates => "proc_states",
            Table::ThreadStates => "thread_states",
            Table::Wakeups => "wakeups",
            Table::Stacks => "stacks",
            Table::Frames => "frames",
            Table::Ranges => "ranges",
            Table::Tasks => "tasks",
            Table::Regions => "regions",
            Table::Logs => "logs",
            Table::Metrics => "metrics",
            Table::Samples => "samples",
            Table::Events => "events",
            Table::Sched => "sched",
            Table::Gc => "gc",
        }
    }

    /// Returns the names of the columns, in order.
    pub fn columns(self) -> impl Iterator<Item = &'static str> {
        self.layout().iter().map(|(name, _)| *name)
    }

    /// Checks that names are those of columns.
    pub(crate) fn check(self, columns: &[String]) -> Result<(), NoSuchColumn> {
        match columns.iter().find(|column| self.columns().all(|known| known != **column)) {
            Some(column) => Err(NoSuchColumn { table: self, column: column.clone() }),
            None => Ok(()),
        }
    }

    /// Returns the schema of all columns, without the metadata that a trace adds.
    pub fn schema(self) -> SchemaRef {
        Arc::new(self.schema_of(|_| true, HashMap::new()))
    }

    /// Returns the schema of some columns.
    pub(crate) fn schema_of(self, wanted: impl Fn(&str) -> bool, metadata: HashMap<String, String>) -> Schema {
        let columns = self.layout().iter().filter(|(name, _)| wanted(name));
        let fields: Vec<Field> = columns.map(|(name, kind)| Field::new(*name, kind.data_type(), true)).collect();
        Schema::new_with_metadata(fields, metadata)
    }

    /// Returns all columns, in order.
    pub(crate) fn layout(self) -> &'static [Column] {
        use Kind::*;
        match self {
            Table::Trace => &[
                ("trace_id", TraceId),
                ("path", Text),
                ("format", Name),
                ("go_version", Name),
                ("gotrace_version", Name),
                ("schema_version", Int),
                ("wall_start", Int),
                ("origin", Int),
                ("clock_hz", Int),
                ("start", Int),
                ("end", Int),
                ("span", Int),
                ("generations", Int),
                ("events", Int),
                ("gomaxprocs", Int),
                ("warnings", Int),
                ("lost", Int),
                ("truncated", Flag),
            ],
            Table::States => &[
                ("trace_id", TraceId),
                ("goroutine", Int),
                ("state", Word(GO_STATES)),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("reason", Name),
                ("proc", Int),
                ("thread", Int),
                ("proc_lost", Int),
                ("stack", Int),
                ("waker", Int),
                ("waker_stack", Int),
                ("begun", Flag),
                ("ended", Flag),
            ],
            Table::Goroutines => &[
                ("trace_id", TraceId),
                ("goroutine", Int),
                ("function", Name),
                ("created", Int),
                ("started", Int),
                ("ended", Int),
                ("creator", Int),
                ("creation_stack", Int),
                ("running", Int),
                ("runnable", Int),
                ("syscall", Int),
                ("syscall_without_proc", Int),
                ("waiting", Int),
                ("waiting_chan", Int),
                ("waiting_select", Int),
                ("waiting_sync", Int),
                ("waiting_network", Int),
                ("waiting_sleep", Int),
                ("waiting_gc", Int),
                ("waiting_other", Int),
                ("total", Int),
                ("waits", Int),
                ("max_runnable", Int),
                ("state", Word(GO_STATES)),
                ("state_since", Int),
                ("reason", Name),
                ("stack", Int),
                ("begun", Flag),
            ],
            Table::ProcStates => &[
                ("trace_id", TraceId),
                ("proc", Int),
                ("state", Word(PROC_STATES)),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("goroutine", Int),
                ("thread", Int),
                ("begun", Flag),
                ("ended", Flag),
            ],
            Table::ThreadStates => &[
                ("trace_id", TraceId),
                ("thread", Int),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("proc", Int),
                ("goroutine", Int),
                ("begun", Flag),
                ("ended", Flag),
            ],
            Table::Wakeups => &[
                ("trace_id", TraceId),
                ("time", Int),
                ("waker", Int),
                ("waker_stack", Int),
                ("wakee", Int),
                ("reason", Name),
                ("waited", Int),
                ("delay", Int),
                ("ran", Flag),
            ],
            Table::Stacks => &[
                ("trace_id", TraceId),
                ("stack", Int),
                ("leaf", Name),
                ("root", Name),
                ("depth", Int),
                ("folded", Text),
            ],
            Table::Frames => &[
                ("trace_id", TraceId),
                ("stack", Int),
                ("depth", Int),
                ("function", Name),
                ("file", Name),
                ("line", Int),
            ],
            Table::Ranges => &[
                ("trace_id", TraceId),
                ("kind", Word(RANGES)),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("scope", Word(SCOPES)),
                ("goroutine", Int),
                ("proc", Int),
                ("reason", Name),
                ("swept", Int),
                ("reclaimed", Int),
                ("stack", Int),
                ("begun", Flag),
                ("ended", Flag),
            ],
            Table::Tasks => &[
                ("trace_id", TraceId),
                ("task", Int),
                ("parent", Int),
                ("type", Name),
                ("goroutine", Int),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("begun", Flag),
                ("ended", Flag),
                ("goroutines", Int),
                ("regions", Int),
                ("logs", Int),
            ],
            Table::Regions => &[
                ("trace_id", TraceId),
                ("task", Int),
                ("type", Name),
                ("goroutine", Int),
                ("start", Int),
                ("end", Int),
                ("duration", Int),
                ("stack", Int),
                ("begun", Flag),
                ("ended", Flag),
                ("running", Int),
                ("runnable", Int),
                ("syscall", Int),
                ("waiting", Int),
            ],
            Table::Logs => &[
                ("trace_id", TraceId),
                ("time", Int),
                ("task", Int),
                ("goroutine", Int),
                ("category", Name),
                ("message", Text),
                ("stack", Int),
            ],
            Table::Metrics => &[("trace_id", TraceId), ("time", Int), ("name", Name), ("value", Int)],
            Table::Samples => &[
                ("trace_id", TraceId),
                ("time", Int),
                ("goroutine", Int),
                ("proc", Int),
                ("thread", Int),
                ("stack", Int),
            ],
            Table::Events => &[
                ("trace_id", TraceId),
                ("time", Int),
                ("generation", Int),
                ("thread", Int),
                ("proc", Int),
                ("goroutine", Int),
                ("kind", Name),
                ("stack", Int),
                ("resource", Word(RESOURCES)),
                ("id", Int),
                ("from", Name),
                ("to", Name),
                ("reason", Name),
                ("transition_stack", Int),
                ("name", Name),
                ("value", Int),
                ("scope", Word(SCOPES)),
                ("scope_id", Int),
                ("swept", Int),
                ("reclaimed", Int),
                ("task", Int),
                ("parent", Int),
                ("type", Name),
                ("category", Name),
                ("message", Text),
            ],
            Table::Sched => &[
                ("trace_id", TraceId),
                ("program", Name),
                ("run", Int),
                ("line", Int),
                ("time", Int),
                ("gomaxprocs", Int),
                ("idleprocs", Int),
                ("threads", Int),
                ("spinningthreads", Int),
                ("needspinning", Int),
                ("idlethreads", Int),
                ("runqueue", Int),
                ("queues", Ints),
                ("schedticks", Ints),
                ("gcwaiting", Flag),
                ("nmidlelocked", Int),
                ("stopwait", Int),
                ("sysmonwait", Flag),
                ("goroutines", Int),
            ],
            Table::Gc => &[
                ("trace_id", TraceId),
                ("program", Name),
                ("run", Int),
                ("line", Int),
                ("time", Int),
                ("number", Int),
                ("start", Int),
                ("cpu_percent", Int),
                ("sweep_termination", Int),
                ("mark", Int),
                ("mark_termination", Int),
                ("paused", Int),
                ("assist", Int),
                ("background", Int),
                ("idle", Int),
                ("cpu", Int),
                ("heap_start", Int),
                ("heap_end", Int),
                ("heap_live", Int),
                ("goal", Int),
                ("stacks", Int),
                ("globals", Int),
                ("procs", Int),
                ("forced", Flag),
                ("leak_check", Flag),
            ],
        }
    }
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Kind::Int => DataType::Int64,
            Kind::Ints => DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true))),
            Kind::Flag => DataType::Boolean,
            Kind::Word(_) | Kind::Name => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            // The same type as engines give the name of a folder.
            Kind::TraceId | Kind::Text => DataType::Utf8,
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Table {
    type Err = NoSuchTable;

    fn from_str(name: &str) -> Result<Table, NoSuchTable> {
        Table::every().find(|table| table.name() == name).ok_or_else(|| NoSuchTable(name.to_owned()))
    }
}

/// The error of a name that is no table's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no table {0}; there are {all}", all = list(Table::every().map(Table::name)))]
pub struct NoSuchTable(pub String);

/// The error of a name that is no column's.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("table {table} has no column {column}; it has {all}", all = list(table.columns()))]
#[non_exhaustive]
pub struct NoSuchColumn {
    /// The table.
    pub table: Table,
    /// The name that is no column's.
    pub column: String,
}

fn list<'n>(names: impl Iterator<Item = &'n str>) -> String {
    names.collect::<Vec<_>>().join(", ")
}
