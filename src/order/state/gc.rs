//! The state of the collector.

/// The collector's phase and sequence number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gc {
    pub(crate) seq: u64,
    pub(crate) phase: Phase,
}

/// The phase of the collector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Phase {
    /// Unknown: no GC event so far.
    #[default]
    Undetermined,
    /// Not marking.
    Off,
    /// Marking.
    Marking,
}

impl Phase {
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Phase::Undetermined => "in an unknown phase",
            Phase::Off => "off",
            Phase::Marking => "marking already",
        }
    }
}
