//! The wire: bytes to raw events, with no state between them.

pub mod text;
pub mod v2;
