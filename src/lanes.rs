//! Lanes of a time axis: what each P, M and goroutine did, made coarse enough to be drawn.
//!
//! ```text
//! transitions ──> builder ──┬─ lane of a P, an M, a goroutine: spans, one after the other
//!  (one pass)               ├─ heat of a group, of a state: how many at a time, on average
//!                           ├─ steps of a figure: the heap, its goal, GOMAXPROCS
//!                           └─ band: the world is stopped, the collector marks
//! ```
//!
//! Time is cut into cells, each a power of two of nanoseconds. A span as long as a cell or
//! longer is kept as it is; shorter ones that begin in one cell are merged into an item
//! that keeps the time of each state to the nanosecond. So there are at most about two
//! items to a cell, however many events there are.
//!
//! [`CollectLanes`] makes one [`Tile`] of what it is shown: of a [`Window`](crate::Window),
//! or of a whole trace. [`Overview`] makes one after the other while a trace is read.

mod build;
mod checkpoints;
mod choice;
mod grid;
mod groups;
mod heat;
mod item;
mod lane;
mod overview;
mod procs;
mod ranges;
mod steps;
#[cfg(test)]
mod tests;
mod threads;
mod tile;

pub use build::CollectLanes;
pub use checkpoints::Checkpoints;
pub use choice::{Choice, GroupChoice};
pub use grid::Grid;
pub use item::{Item, LaneState};
pub use overview::Overview;
pub use tile::{Band, Counter, LaneKind, Row, Step, Steps, Tile};
