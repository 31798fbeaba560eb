//! The format that Go 1.5 to 1.21 write.
//!
//! After the [header](crate::Version) a file is one flat sequence of events. A
//! byte begins each: the type in its lower six bits, above them how many
//! arguments there are behind the time, or 3 for "as many as fit in the bytes
//! that the next varint tells". A `Batch` says which P the events up to the
//! next one belong to; in between stand the entries of the tables.
//!
//! ```text
//! Batch p ticks ┬ timed events of P p     event.rs
//!               ├ String id, bytes        tables.rs
//!               ├ Stack id, frames
//!               ├ TimerGoroutine, Frequency
//!               └ CPUSample               Go 1.19+
//! ```
//!
//! In Go 1.5 and 1.6 a batch also tells a sequence number, each timed event
//! adds to it before its time, and a frame is a program counter alone.

pub mod event;
pub(crate) mod map;
pub(crate) mod resync;
pub mod spec;
pub(crate) mod tables;
