//! Stays of goroutines in regions and tasks, and the tasks that they worked for therefore.

use super::select::TaskSet;
use crate::base::ids::TaskId;
use crate::base::time::Time;
use std::cmp::Reverse;

/// A time that a goroutine spent in a region, a task, or as a created worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stay {
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) scope: Scope,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Scope {
    Region(TaskId),
    Task(TaskId),
    /// Work that its creator did for the tasks asked for.
    Inherited,
}

/// Meaning of a stay for the question whether the goroutine works for the tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Claim {
    /// In a region of the tasks: works for them.
    Region,
    /// In a task of the set: works for it, unless a region says otherwise.
    Task,
    /// In a descendant that is not asked for: does not work for the tasks.
    LeftOut,
    /// In a region of another task: does not, unless it is inside a region of the tasks.
    Others,
}

impl Scope {
    fn claim(self, tasks: &TaskSet) -> Option<Claim> {
        match self {
            Scope::Region(id) if tasks.contains(id) => Some(Claim::Region),
            Scope::Task(id) if tasks.contains(id) => Some(Claim::Task),
            Scope::Inherited => Some(Claim::Task),
            Scope::Region(id) | Scope::Task(id) if tasks.leaves_out(id) => Some(Claim::LeftOut),
            Scope::Region(id) if id != TaskId::BACKGROUND => Some(Claim::Others),
            Scope::Region(_) | Scope::Task(_) => None,
        }
    }
}

/// Returns the times that a goroutine with these stays worked for the tasks: intervals in
/// order, that do not overlap.
pub(super) fn working_time(stays: &[Stay], tasks: &TaskSet) -> Vec<(Time, Time)> {
    let claim = |stay: &Stay| Some((stay.from, Reverse(stay.to), stay.scope.claim(tasks)?));
    let mut stays: Vec<_> = stays.iter().filter(|stay| stay.from < stay.to).filter_map(claim).collect();
    // A stay that begins earlier is the outer one; of two that begin at once, as those from
    // before the trace, that which ends later.
    stays.sort_by_key(|&(from, to, _)| (from, to));
    let begins = stays.iter().enumerate().map(|(at, &(from, ..))| (from, true, at));
    let ends = stays.iter().enumerate().map(|(at, &(_, Reverse(to), _))| (to, false, at));
    let mut bounds: Vec<(Time, bool, usize)> = begins.chain(ends).collect();
    // At one time ends come first, those of the innermost stays before all.
    bounds.sort_unstable_by_key(|&(time, begins, at)| (time, begins, if begins { at } else { usize::MAX - at }));
    let (mut inside, mut since) = (OpenStays::default(), None);
    let mut all: Vec<(Time, Time)> = Vec::new();
    for (time, begins, at) in bounds {
        let Some(&(.., claim)) = stays.get(at) else { continue };
        if begins {
            inside.enter(at, claim)
        } else {
            inside.leave(at, claim)
        }
        match (since, inside.works()) {
            (None, true) => since = Some(time),
            (Some(from), false) => {
                since = None;
                match all.last_mut().filter(|last| last.1 == from) {
                    Some(last) => last.1 = time,
                    None if from < time => all.push((from, time)),
                    None => {}
                }
            }
            _ => {}
        }
    }
    all
}

/// Stays that a goroutine is in, outermost first.
#[derive(Default)]
struct OpenStays {
    stays: Vec<(usize, Claim)>,
    /// Number of them that are regions of the tasks.
    regions: usize,
}

impl OpenStays {
    fn enter(&mut self, at: usize, claim: Claim) {
        self.stays.push((at, claim));
        self.regions += usize::from(claim == Claim::Region);
    }

    fn leave(&mut self, at: usize, claim: Claim) {
        if let Some(place) = self.stays.iter().rposition(|&(other, _)| other == at) {
            self.stays.remove(place);
            self.regions -= usize::from(claim == Claim::Region);
        }
    }

    /// Returns whether the goroutine works for the tasks: the innermost stay that decides
    /// it wins.
    fn works(&self) -> bool {
        let mut others = false;
        for (_, claim) in self.stays.iter().rev() {
            match claim {
                Claim::Region => return true,
                Claim::Task if !others => return true,
                Claim::LeftOut => return false,
                Claim::Others if self.regions == 0 => return false,
                Claim::Others => others = true,
                Claim::Task => {}
            }
        }
        false
    }
}
