//! Counts of a `scheddetail` block: Gs, Ps and Ms by status.

use super::history::Snapshot;
use super::scheddetail::{MId, Thread};
use super::status::{GoroutineState, ProcStatus};
use std::borrow::Cow;
use std::fmt;

/// Number of wait reasons beyond which the rest are counted together: Go has some fifty.
const MOST_REASONS: usize = 96;
/// Name under which the rest are counted.
const OTHERS: &str = "other reasons";

/// Activity of an M, from its own line and those of Ps and Gs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Activity {
    /// Running a goroutine.
    Running,
    /// In a system call, or in C, for a goroutine.
    Syscall,
    /// Out of work, and looking for some.
    Spinning,
    /// Holding a P without a goroutine: it picks one, or works for the GC.
    Scheduling,
    /// Locked to a goroutine, and asleep until that can run.
    Locked,
    /// Asleep until it is given work.
    Idle,
    /// None of these: `sysmon`, which needs no P, or an M that begins or ends.
    Other,
}

impl Activity {
    /// All activities, the busy ones first.
    pub const ALL: [Activity; 7] = [
        Activity::Running,
        Activity::Syscall,
        Activity::Spinning,
        Activity::Scheduling,
        Activity::Locked,
        Activity::Idle,
        Activity::Other,
    ];

    /// Returns the name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Activity::Running => "running",
            Activity::Syscall => "syscall",
            Activity::Spinning => "spinning",
            Activity::Scheduling => "scheduling",
            Activity::Locked => "locked",
            Activity::Idle => "idle",
            Activity::Other => "other",
        }
    }

    /// Returns the activity of an M, with the state of the goroutine whose line names the
    /// M.
    fn of(m: &Thread<'_>, on: Option<GoroutineState>) -> Activity {
        match (m.curg, on) {
            (Some(_), Some(GoroutineState::Syscall)) => Activity::Syscall,
            // The goroutine sleeps on its M, as while the world is being stopped.
            (Some(_), _) if m.blocked => Activity::Idle,
            (Some(_), _) if m.proc.is_some() => Activity::Running,
            // The M has lost its P in a system call, and its goroutine's line is missing.
            (Some(_), None) => Activity::Syscall,
            (Some(_), Some(_)) => Activity::Running,
            (None, _) if m.spinning => Activity::Spinning,
            (None, _) if m.blocked && m.lockedg.is_some() => Activity::Locked,
            (None, _) if m.blocked => Activity::Idle,
            (None, _) if m.proc.is_some() => Activity::Scheduling,
            (None, _) => Activity::Other,
        }
    }
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A status or the like by which Gs, Ps and Ms of a block are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Counted {
    /// Goroutines in a state, whether their stack is being scanned or not. Dead ones are
    /// left out.
    Goroutines(GoroutineState),
    /// Goroutines that wait for a reason; empty if their lines have none.
    Waiting(Cow<'static, str>),
    /// Ps with a status.
    Procs(ProcStatus),
    /// Ms with an activity.
    Threads(Activity),
    /// Goroutines that are locked to an M, as by `runtime.LockOSThread`.
    LockedGoroutines,
}

/// Counts of the Gs, Ps and Ms of a block. Zeroes are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Census {
    counts: Vec<(Counted, u64)>,
}

impl Census {
    /// Returns a count.
    pub fn count(&self, what: &Counted) -> u64 {
        self.counts.iter().find(|(counted, _)| counted == what).map_or(0, |(_, count)| *count)
    }

    /// Returns all counts that are not 0: goroutines, reasons, Ps, Ms, each in descending
    /// order.
    pub fn iter(&self) -> impl Iterator<Item = (&Counted, u64)> {
        self.counts.iter().map(|(counted, count)| (counted, *count))
    }

    fn add(&mut self, what: Counted, count: u64) {
        match self.counts.iter_mut().find(|(counted, _)| *counted == what) {
            Some((_, sum)) => *sum += count,
            None => self.counts.push((what, count)),
        }
    }

    #[allow(clippy::ptr_arg, reason = "a new one is kept, and most are borrowed for ever")]
    fn waiting(&mut self, reason: &Cow<'static, str>) {
        let is_it = |counted: &Counted| matches!(counted, Counted::Waiting(known) if known == reason);
        if let Some((_, count)) = self.counts.iter_mut().find(|(counted, _)| is_it(counted)) {
            *count += 1;
        } else if self.counts.len() < MOST_REASONS {
            self.counts.push((Counted::Waiting(reason.clone()), 1));
        } else {
            self.add(Counted::Waiting(Cow::Borrowed(OTHERS)), 1);
        }
    }
}

impl Snapshot {
    /// Returns the counts of the block's Gs, Ps and Ms; none without `scheddetail`.
    pub fn census(&self) -> Option<Census> {
        if !self.sched.is_detailed() {
            return None;
        }
        let mut census = Census::default();
        let mut states: Vec<(GoroutineState, u64)> = Vec::new();
        let mut on: Vec<(MId, GoroutineState)> = Vec::new();
        let mut locked = 0;
        for g in &self.goroutines {
            let state = g.status.state;
            if matches!(state, GoroutineState::Dead | GoroutineState::DeadExtra) {
                continue;
            }
            match states.iter_mut().find(|(known, _)| *known == state) {
                Some((_, count)) => *count += 1,
                None => states.push((state, 1)),
            }
            if matches!(state, GoroutineState::Waiting | GoroutineState::Leaked) {
                census.waiting(&g.wait_reason);
            }
            on.extend(g.thread.map(|m| (m, state)));
            locked += u64::from(g.lockedm.is_some());
        }
        on.sort_unstable_by_key(|(m, _)| *m);
        states.into_iter().for_each(|(state, count)| census.add(Counted::Goroutines(state), count));
        self.procs.iter().for_each(|p| census.add(Counted::Procs(p.status), 1));
        for (activity, count) in Activity::ALL.into_iter().zip(self.activities(&on)) {
            if count > 0 {
                census.add(Counted::Threads(activity), count);
            }
        }
        if locked > 0 {
            census.add(Counted::LockedGoroutines, locked);
        }
        census.counts.sort_by_key(|(counted, count)| (counted.order(), std::cmp::Reverse(*count)));
        Some(census)
    }

    /// Returns the number of Ms with each of [`Activity::ALL`].
    fn activities(&self, on: &[(MId, GoroutineState)]) -> [u64; Activity::ALL.len()] {
        let mut counts = [0; Activity::ALL.len()];
        for m in &self.threads {
            let at = on.binary_search_by_key(&m.id, |(m, _)| *m).ok();
            let activity = Activity::of(m, at.and_then(|at| on.get(at)).map(|(_, state)| *state));
            if let Some(count) = counts.get_mut(activity as usize) {
                *count += 1;
            }
        }
        // Up to Go 1.6 no M's line says that it sleeps, but the `SCHED` line has their
        // number.
        if !self.threads.iter().any(|m| m.blocked) {
            let [.., idle, other] = &mut counts;
            let asleep = u64::from(self.sched.idlethreads).min(*other);
            *idle += asleep;
            *other -= asleep;
        }
        counts
    }
}

impl Counted {
    /// Returns the place in reports.
    fn order(&self) -> u8 {
        match self {
            Counted::Goroutines(_) => 0,
            Counted::Waiting(_) => 1,
            Counted::Procs(_) => 2,
            Counted::Threads(_) => 3,
            Counted::LockedGoroutines => 4,
        }
    }
}

/// Counts over several blocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    blocks: u64,
    /// Counts, each with the sum of all blocks and the most of one.
    counts: Vec<(Counted, u64, u64)>,
}

impl Tally {
    pub(super) fn of(census: Census) -> Tally {
        Tally { blocks: 1, counts: census.counts.into_iter().map(|(what, count)| (what, count, count)).collect() }
    }

    /// Adds the counts of later blocks.
    pub(super) fn merge(&mut self, later: &Tally) {
        self.blocks += later.blocks;
        for (what, sum, most) in &later.counts {
            let reasons = self.counts.len() >= 2 * MOST_REASONS && matches!(what, Counted::Waiting(_));
            let what = if reasons { &Counted::Waiting(Cow::Borrowed(OTHERS)) } else { what };
            match self.counts.iter_mut().find(|(known, ..)| known == what) {
                Some((_, all, highest)) => {
                    *all = all.saturating_add(*sum);
                    *highest = (*highest).max(*most);
                }
                None => self.counts.push((what.clone(), *sum, *most)),
            }
        }
    }

    /// Returns the number of blocks.
    pub fn blocks(&self) -> u64 {
        self.blocks
    }

    /// Returns the mean of a count over all blocks, and the most of one.
    pub fn count(&self, what: &Counted) -> (f64, u64) {
        let found = self.counts.iter().find(|(known, ..)| known == what);
        found.map_or((0.0, 0), |(_, sum, most)| (*sum as f64 / self.blocks.max(1) as f64, *most))
    }

    /// Returns all that was counted: goroutines, reasons, Ps, Ms, each in descending order.
    pub fn iter(&self) -> impl Iterator<Item = &Counted> {
        let mut sorted: Vec<_> = self.counts.iter().collect();
        sorted.sort_by_key(|(what, sum, _)| (what.order(), std::cmp::Reverse(*sum)));
        sorted.into_iter().map(|(what, ..)| what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reasons that a damaged log invents cost no more than those that Go has.
    #[test]
    fn reasons_without_end_are_counted_together() {
        let (mut census, mut tally) = (Census::default(), Tally::default());
        for i in 0..10 * MOST_REASONS {
            census.waiting(&Cow::Owned(format!("reason {i}")));
            let mut other = Census::default();
            other.waiting(&Cow::Owned(format!("reason {i}")));
            tally.merge(&Tally::of(other));
        }
        let sum: u64 = census.iter().map(|(_, count)| count).sum();
        assert_eq!((census.counts.len(), sum), (MOST_REASONS + 1, 10 * MOST_REASONS as u64));
        assert_eq!(tally.counts.len(), 2 * MOST_REASONS + 1);
        let (mean, most) = tally.count(&Counted::Waiting(OTHERS.into()));
        assert_eq!((mean * tally.blocks() as f64, most), (8.0 * MOST_REASONS as f64, 1));
    }
}
