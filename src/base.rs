//! Numbers, times, bytes, limits and containers: the lowest layer, which knows nothing of traces.

pub(crate) mod bytes;
pub(crate) mod ids;
pub(crate) mod in_order;
pub mod limits;
pub(crate) mod lookup;
pub(crate) mod paged;
pub(crate) mod pdqsort;
pub(crate) mod time;
