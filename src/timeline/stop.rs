//! Kinds of stop-the-world.

/// Returns whether a stop-the-world is the collector's, by the reason that the runtime
/// gives: `runtime/metrics` distinguishes the same two kinds.
pub(crate) fn is_gc_stop(reason: &[u8]) -> bool {
    reason.windows(2).any(|pair| pair == b"GC")
}
