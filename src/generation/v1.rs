//! The parts of a v1 trace's one generation, in place of batches of tables.

pub(crate) mod index;
pub(crate) mod map;
pub(crate) mod start;
