//! Reads Go execution traces: what `runtime/trace`, `/debug/pprof/trace` and
//! the flight recorder of a Go program write.

pub mod error;
pub mod event;
mod bytes;
mod file;
mod generation;
mod ids;
pub mod limits;
mod order;
mod stream;
mod time;
mod trace;
mod version;
pub mod wire;

pub use error::{Error, ErrorKind, Result};
pub use event::range::{Range, RangeName, RangeScope, Swept};
pub use event::stack::{Frame, Frames, Stack};
pub use event::task::{Label, Log, Region, Task};
pub use event::transition::{GoState, ProcState, StateTransition};
pub use event::{Event, EventKind, Metric, MetricName, Sync};
pub use file::TraceFile;
pub use generation::{ClockSnapshot, Generation, WallTime};
pub use ids::{GoId, ProcId, StackId, StringId, TaskId, ThreadId};
pub use order::{Stuck, StuckThread};
pub use stream::{Events, Stream};
pub use time::{Frequency, Time, Timestamp};
pub use trace::{Mode, Options, Trace};
pub use version::{HEADER_LEN, Version};
pub use wire::v2::status::{GoStatus, ProcStatus};
