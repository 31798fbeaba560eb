//! Forms to write a trace in.

pub mod footprint;
pub mod json;
pub mod parsed;
pub mod repair;
pub mod v1;
pub mod wire;
