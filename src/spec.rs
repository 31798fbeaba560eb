//! The trace formats as Go's sources define them: versions, event types, statuses and states.
//!
//! Tables and enums alone: [`wire`](crate::wire) reads what they describe.

pub mod state;
pub mod status;
pub mod v1;
pub mod v2;
pub(crate) mod version;
