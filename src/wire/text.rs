//! The text form of a binary trace, and the conversion both ways.
//!
//! The format is that of Go's `internal/trace/raw`, whose `TextReader` reads
//! the text written here. A header line comes first, then one line for each event,
//! each argument named; data and stack frames follow on lines of their own. A line
//! that begins with `#` is a comment; white space is free otherwise.
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
//! Two kinds of comments make the text lossless. Go's reader passes over them:
//!
//! - `#gotrace widths ..` gives the length in bytes of each varint of the event below,
//!   the length of its data last, if one is longer than need be. The
//!   runtime pads lengths that it does not know yet.
//! - `#gotrace rest ".."` holds the bytes at the end of the file that are no
//!   events, as where the file was cut.
//!
//! Several such lines in a row count as one.

mod convert;
mod lines;
mod pieces;
mod printable;
mod quote;
mod read;
mod write;

pub use convert::{ConvertError, binary_to_text, binary_to_text_with, text_to_binary};
pub use read::TextEvents;

pub(crate) use convert::{flush_if_full, unknown};
pub(crate) use pieces::{Stop, in_pieces};
pub(crate) use quote::quote;
pub(crate) use write::number;

use crate::spec::v2::EventType;
use crate::spec::version::Version;

/// The beginning of the comments that this crate reads and Go's reader passes over.
const DIRECTIVE: &str = "#gotrace";

/// Returns whether files of `version` may have events of that type. Experimental ones were
/// written from Go 1.23 on, though Go's raw reader refuses them before 1.26.
pub(crate) fn belongs(event: EventType, version: Version) -> bool {
    let spec = event.spec();
    version >= if spec.experimental { Version::Go123 } else { spec.since }
}
