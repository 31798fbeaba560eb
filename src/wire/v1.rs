//! The v1 format, which Go 1.5 to 1.21 write.
//!
//! After the [header](crate::Version) a file is one flat sequence of events. Each
//! begins with a byte: the type in its lower six bits, above them the number of
//! arguments behind the time, or 3 for "as many as fit in the bytes that the next
//! varint counts". A `Batch` says which P the events up to the
//! next one belong to; the entries of the tables stand in between.
//!
//! ```text
//! Batch p ticks ┬ timed events of P p     event.rs
//!               ├ String id, bytes
//!               ├ Stack id, frames
//!               ├ TimerGoroutine, Frequency
//!               └ CPUSample               Go 1.19+
//! ```
//!
//! In Go 1.5 and 1.6 a batch also has a sequence number, each timed event
//! adds to it before its time, and a frame is a program counter alone.

pub mod event;
pub(crate) mod resync;
