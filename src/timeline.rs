//! States of each G, P and M over time: the one follower of their states, which analyses
//! share, and the intervals made of what it finds.
//!
//! ```text
//! event ──> Follower: decoded once, its goroutine followed once ──> Transition or SharedEvent ──> observer
//!              │                                                                                   │
//!              └── goroutines and the states they are in, stacks, names ───────────────────────────┘
//! ```
//!
//! An observer is shown each transition of a goroutine, with the state that ends and the
//! state that begins, and every other event that it wants. One that asks for Ps follows
//! them with the same transitions.
//!
//! [`Trace::intervals`](crate::Trace::intervals) yields each interval as it ends, in
//! memory that does not grow with the trace, but with its different stacks and names;
//! [`Trace::timelines`](crate::Trace::timelines) collects them by G, P and M.
//!
//! ```text
//! G 7   Runnable ── Running ── Waiting (chan receive) ── Runnable ── Running
//! P 1   Idle ────── Running G7 ── Running - ── Running G9 ── Syscall G9 ── Idle
//! M 41  P1 - ────── P1 G7 ─────── P1 - ─────── P1 G9 ─────────────────── - G9
//! ```
//!
//! The first status of a G or P in a trace says which state it has been in since before the
//! trace; its interval begins with the trace, or with the generation that first mentions
//! it. Statuses in later generations change nothing. Intervals still open when the trace
//! ends are closed there, and marked as such.

mod by_proc;
mod by_slot;
mod capacity;
pub mod collector;
mod follower;
mod goroutine;
mod intervals;
mod mutex;
pub mod names;
mod numbers;
mod observer;
mod open;
mod proc;
mod procs;
mod slots;
mod span;
pub mod stacks;
mod stop;
mod table;
#[cfg(test)]
mod tests;
mod threads;
mod timelines;
mod track;
mod transition;

pub(crate) use by_proc::ByProc;
pub(crate) use by_slot::BySlot;
pub(crate) use capacity::Capacity;
pub use follower::Follower;
pub use goroutine::GoroutineState;
pub(crate) use goroutine::TimeInStates;
pub use intervals::Intervals;
pub(crate) use mutex::is_mutex;
pub(crate) use observer::Observer;
pub(crate) use proc::{Activity, ProcRecord, Since};
pub(crate) use procs::{Procs, TurnResult, is_before, proc_of};
pub use span::{Begin, Binding, Cause, Finish, GoActivity, Interval, ProcActivity, Span};
pub(crate) use stop::is_gc_stop;
pub(crate) use table::Table;
pub(crate) use threads::ThreadSet;
pub use timelines::{GoTimeline, Timelines};
pub(crate) use track::Tracker;
pub(crate) use transition::OutlinedTransition;
pub use transition::{SharedEvent, Transition};
