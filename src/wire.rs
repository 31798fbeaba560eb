//! Decoding of bytes to raw events, without state between events, and the text form of them.

mod header;
pub mod text;
pub mod v1;
pub mod v2;
