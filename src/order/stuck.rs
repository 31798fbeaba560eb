//! The report on a trace that cannot go on.

use crate::ids::{GoId, ProcId, ThreadId, optional};
use crate::order::Order;
use crate::order::state::{NONE, Thread};
use crate::wire::v2::spec::EventType;
use crate::wire::v2::status::{GoStatus, ProcStatus};
use std::fmt;

/// The most lines that the report prints of each kind.
const MOST_LINES: usize = 20;

/// Why no event can happen: each M's next event, and the states that block it.
#[derive(Clone, Debug)]
pub struct Stuck {
    /// The Ms with events left, earliest first.
    pub threads: Vec<StuckThread>,
    /// The status and sequence number of each P, by id.
    pub procs: Vec<(ProcId, ProcStatus, u64)>,
    /// The status and sequence number of each goroutine that the waiting
    /// events name, by id.
    pub goroutines: Vec<(GoId, GoStatus, u64)>,
}

/// An M whose next event cannot happen.
#[derive(Clone, Debug)]
pub struct StuckThread {
    /// The M.
    pub thread: Option<ThreadId>,
    /// The P that it has.
    pub proc: Option<ProcId>,
    /// The G that it runs.
    pub goroutine: Option<GoId>,
    /// Its next event.
    pub event: EventType,
    /// That event's time in nanoseconds.
    pub time: i64,
    /// That event's arguments behind the time.
    pub args: Vec<u64>,
    /// Where the event begins in the file, in bytes.
    pub offset: usize,
}

impl Stuck {
    #[cold]
    pub(super) fn new(order: &Order<'_>) -> Stuck {
        let mut threads = Vec::new();
        let mut named = Vec::new();
        for entry in order.frontier.entries() {
            let Some(&Thread { id, cx: context, cursor, .. }) = order.state.ms.get(entry.m) else { continue };
            let offset = cursor.start;
            let Some(event) = order.file.get(offset).copied().and_then(EventType::from_wire) else { continue };
            let mut pos = offset + 1;
            let spec = event.spec();
            let mut args = Vec::new();
            for arg in spec.args {
                let Ok(value) = crate::bytes::uvarint(order.file, &mut pos) else { break };
                if arg.name == "g" {
                    named.push(value);
                }
                args.push(value);
            }
            named.push(context.go);
            threads.push(StuckThread {
                thread: optional(id),
                proc: (context.p != NONE).then_some(ProcId(u64::from(context.p))),
                goroutine: optional(context.go),
                event,
                time: entry.time,
                args: args.split_off(1.min(args.len())),
                offset,
            });
        }
        named.sort_unstable();
        named.dedup();
        // By id: the tables' own order depends on what was in them before.
        let mut procs: Vec<_> =
            order.state.ps.iter().map(|(id, p)| (ProcId(u64::from(id)), p.status, p.seq.number())).collect();
        procs.sort_unstable_by_key(|&(id, ..)| id);
        let named = order.state.gs.iter().filter(|(_, g)| named.binary_search(&g.id).is_ok());
        let mut goroutines: Vec<_> = named.map(|(_, g)| (GoId(g.id), g.status, g.seq.number())).collect();
        goroutines.sort_unstable_by_key(|&(id, ..)| id);
        Stuck { threads, procs, goroutines }
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the next events of all {} threads wait for others", self.threads.len())?;
        for t in self.threads.iter().take(MOST_LINES) {
            write!(f, "\n  byte {}: M {} ", t.offset, Id(t.thread.map(|t| t.0)))?;
            write!(f, "(P {}, G {}): {}", Id(t.proc.map(|p| p.0)), Id(t.goroutine.map(|g| g.0)), t.event)?;
            for (arg, value) in t.event.spec().args.iter().skip(1).zip(&t.args) {
                write!(f, " {}={value}", arg.name)?;
            }
        }
        for (id, status, seq) in self.procs.iter().take(MOST_LINES) {
            write!(f, "\n  P {id} is {status}, seq {seq}")?;
        }
        for (id, status, seq) in self.goroutines.iter().take(MOST_LINES) {
            write!(f, "\n  G {id} is {status}, seq {seq}")?;
        }
        Ok(())
    }
}

/// Prints an ID, or "none".
struct Id(Option<u64>);

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("none"),
        }
    }
}
