//! The text form of the wire, both ways.
//!
//! The format is that of Go's `internal/trace/raw`, whose `TextReader` reads
//! what is written here. A header line, then an event a line, each argument
//! named; data and stack frames stand on lines of their own. `#` at the
//! beginning of a line makes it a comment, space is free otherwise.
//!
//! ```text
//! Trace Go1.26
//! #gotrace widths 1 3 6 10
//! EventBatch gen=1 m=24919 time=3240943527216 size=7
//! ProcStatus dt=1 p=0 pstatus=1
//! String id=5
//!     data="runtime.main"
//! Stack id=5 nframes=1
//!     pc=4733601 func=5 file=6 line=291
//! ```
//!
//! Two comments make it lossless. Go's reader passes over them:
//!
//! - `#gotrace widths ..` tells how many bytes each varint of the event below
//!   takes, the length of its data last, where one is longer than need be. The
//!   runtime reserves room for lengths that it does not know yet.
//! - `#gotrace rest ".."` holds bytes at the end of the file that are no
//!   events, as where it was cut.
//!
//! Several such lines in a row count as one.

mod convert;
mod lines;
mod printable;
mod quote;
mod read;
mod write;

pub use convert::{ConvertError, binary_to_text, text_to_binary};
pub use read::TextEvents;

pub(crate) use convert::{hand_on, unknown};
pub(crate) use quote::quote;
pub(crate) use write::number;

use crate::version::Version;
use crate::wire::v2::spec::EventType;

/// Begins the comments that are not for Go's reader but for ours.
const DIRECTIVE: &str = "#gotrace";

/// Whether files of `version` have events of that type. Experimental ones were
/// written from Go 1.23 on, though Go's raw reader refuses them before 1.26.
pub(crate) fn belongs(event: EventType, version: Version) -> bool {
    let spec = event.spec();
    version >= if spec.experimental { Version::Go123 } else { spec.since }
}
