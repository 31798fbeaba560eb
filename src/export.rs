//! Forms to write a trace in.

pub mod footprint;
pub mod json;
pub mod parsed;
#[cfg(feature = "export")]
pub mod pprof;
pub mod repair;
pub mod v1;
pub mod wire;
