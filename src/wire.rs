//! The wire: bytes to raw events, with no state between them.

pub mod text;
pub mod v1;
pub mod v2;
