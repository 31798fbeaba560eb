//! The longest runs.

use super::Run;

/// How many are kept.
const LONGEST: usize = 100;

/// The longest runs so far.
#[derive(Clone, Debug)]
pub(super) struct Longest {
    /// The longest first.
    runs: Vec<Run>,
    /// Those that are not longer are not kept.
    above: i64,
}

impl Default for Longest {
    fn default() -> Longest {
        Longest { runs: Vec::new(), above: i64::MIN }
    }
}

impl Longest {
    /// Whether one of that length is among them.
    #[inline(always)]
    pub(super) fn takes(&self, nanos: i64) -> bool {
        nanos > self.above
    }

    pub(super) fn keep(&mut self, run: Run) {
        let at = self.runs.partition_point(|other| other.nanos >= run.nanos);
        self.runs.insert(at, run);
        self.runs.truncate(LONGEST);
        if let Some(last) = self.runs.get(LONGEST - 1) {
            self.above = last.nanos;
        }
    }

    pub(super) fn into_runs(self) -> Vec<Run> {
        self.runs
    }
}
