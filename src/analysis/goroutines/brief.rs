//! Times in two thirds of the memory, for those who keep them for very many kinds of things.

use super::Stats;
use super::stats::ByName;

/// Times in which a goroutine ran, was ready or waited, as in most regions; or all of [`Stats`].
#[derive(Debug, Default)]
pub(super) struct Brief {
    exec: i64,
    sched_wait: i64,
    block: ByName,
    total: i64,
    /// All the times, once there are others.
    all: Option<Box<Stats>>,
}

impl Brief {
    /// Adds times.
    pub(super) fn add(&mut self, more: &Stats) {
        let Stats { exec, sched_wait, block, total, syscall, syscall_block, ranges } = more;
        match &mut self.all {
            Some(all) => all.add(more),
            None if (*syscall, *syscall_block) == (0, 0) && ranges.is_empty() => {
                self.exec = self.exec.saturating_add(*exec);
                self.sched_wait = self.sched_wait.saturating_add(*sched_wait);
                self.total = self.total.saturating_add(*total);
                block.iter().for_each(|(name, time)| self.block.add(name, time));
            }
            None => {
                let mut all = Box::new(self.stats());
                all.add(more);
                *self = Brief { all: Some(all), ..Brief::default() };
            }
        }
    }

    /// Returns the times.
    pub(super) fn stats(&self) -> Stats {
        let Brief { exec, sched_wait, block, total, all } = self;
        let brief =
            || Stats { exec: *exec, sched_wait: *sched_wait, block: block.clone(), total: *total, ..Stats::default() };
        all.as_deref().cloned().unwrap_or_else(brief)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::names::NameId;

    #[test]
    fn times_are_added_whatever_they_are() {
        let ran = |exec, total| Stats { exec, total, ..Stats::default() };
        let mut waited = Stats { sched_wait: 3, total: 10, ..Stats::default() };
        waited.block.add(NameId::at(1), 7);
        let called = Stats { syscall: 2, total: 2, ..Stats::default() };
        let (mut brief, mut want) = (Brief::default(), Stats::default());
        for stats in [ran(1, 2), waited.clone(), ran(5, 5), called, waited, ran(i64::MAX, i64::MAX)] {
            brief.add(&stats);
            want.add(&stats);
            assert_eq!(brief.stats(), want);
        }
    }
}
