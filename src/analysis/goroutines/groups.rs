//! Goroutines added up by what they have in common.

use super::keep::Keep;
use super::{Goroutine, Goroutines, Stats, Summaries};
use crate::analysis::Compat;
use crate::analysis::Follower;
use crate::analysis::names::{NameId, Names};
use crate::analysis::stacks::Stacks;
use crate::base::ids::GoId;
use crate::spec::state::GoState;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A property by which goroutines are grouped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum GroupBy {
    /// Function that they began with.
    Function,
    /// State when the trace ends.
    State,
    /// Function that created them.
    Creator,
}

/// Value of that property. Names are keys of [`Groups::names`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum Common {
    /// Function that they began with; the empty name stands for an unknown one.
    Function(NameId),
    /// State that they were in at the end, with the reason if that is waiting.
    State(GoState, NameId),
    /// A function created them.
    CreatedBy(NameId),
    /// Creation by no function that the trace knows.
    CreatedByRuntime,
    /// Existence when the trace began.
    Inherited,
}

/// Goroutines that have something in common.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Group {
    /// Property that they share.
    pub common: Common,
    /// Number of goroutines.
    pub count: u64,
    /// Number of those that ended.
    pub ended: u64,
    /// Times of all of them together.
    pub stats: Stats,
}

/// Adds up the goroutines whose IDs pass. Memory grows with the groups; for
/// [`Compat::Go127`] with the goroutines, because only the last life of an ID counts then.
#[derive(Debug)]
pub struct SumGroups<F> {
    by: GroupBy,
    passes: F,
    groups: Vec<Group>,
    places: FxHashMap<Common, usize>,
    /// All goroutines, where the last one of each ID counts.
    lives: Option<Goroutines>,
}

impl<F: FnMut(GoId) -> bool> SumGroups<F> {
    /// Returns no groups of goroutines that pass.
    pub fn new(by: GroupBy, compat: Compat, passes: F) -> SumGroups<F> {
        let lives = (compat == Compat::Go127).then(Goroutines::default);
        SumGroups { by, passes, groups: Vec::new(), places: FxHashMap::default(), lives }
    }

    /// Adds a goroutine to its group, if its ID passes.
    pub fn add(&mut self, goroutine: &Goroutine, stacks: &Stacks) {
        if !(self.passes)(goroutine.id) {
            return;
        }
        let common = self.common(goroutine, stacks);
        let at = *self.places.entry(common).or_insert_with(|| {
            self.groups.push(Group { common, count: 0, ended: 0, stats: Stats::default() });
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(at) {
            group.count += 1;
            group.ended += u64::from(goroutine.ended().is_some());
            group.stats.add(&goroutine.stats);
        }
    }

    fn common(&self, goroutine: &Goroutine, stacks: &Stacks) -> Common {
        match self.by {
            GroupBy::Function => Common::Function(goroutine.name),
            GroupBy::State => {
                let waits = goroutine.state == GoState::Waiting;
                Common::State(goroutine.state, if waits { goroutine.reason } else { NameId::EMPTY })
            }
            GroupBy::Creator => match stacks.frames(goroutine.creation_stack).first() {
                Some(frame) => Common::CreatedBy(frame.func),
                None if goroutine.creation_seen => Common::CreatedByRuntime,
                None => Common::Inherited,
            },
        }
    }
}

impl<F: FnMut(GoId) -> bool> Keep for SumGroups<F> {
    type Output = Groups;

    fn wants_regions(&self) -> bool {
        false
    }

    fn goroutine(&mut self, goroutine: &mut Goroutine, known: &Follower) {
        match &mut self.lives {
            Some(lives) => lives.push(goroutine),
            None => self.add(goroutine, known.stacks()),
        }
    }

    fn finish(mut self, whole: Summaries) -> Groups {
        if let Some(mut lives) = self.lives.take() {
            lives.sort();
            lives.keep_last();
            lives.iter().for_each(|goroutine| self.add(&goroutine, &whole.stacks));
        }
        Groups { groups: self.groups, stacks: whole.stacks }
    }
}

/// Goroutines in groups.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Groups {
    /// Groups, in no order.
    pub groups: Vec<Group>,
    stacks: Arc<Stacks>,
}

impl Groups {
    /// Returns the names that keys in the groups refer to.
    pub fn names(&self) -> &Names {
        &self.stacks.names
    }

    /// Returns all goroutines as one group, which has no name.
    pub fn together(&self) -> Group {
        let mut all = Group { common: Common::Inherited, count: 0, ended: 0, stats: Stats::default() };
        for group in &self.groups {
            all.count += group.count;
            all.ended += group.ended;
            all.stats.add(&group.stats);
        }
        all
    }
}
