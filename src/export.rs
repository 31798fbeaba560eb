//! Forms to write a trace in.

pub mod json;
pub mod parsed;
