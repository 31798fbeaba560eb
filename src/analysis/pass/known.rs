//! What a pass knows for all its analyses.

use super::slots::Slots;
use super::step::Life;
use crate::analysis::ThreadSet;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::event::Event;
use crate::event::stack::Stack;
use crate::event::transition::GoState;
use crate::ids::{GoId, StringId, ThreadId};
use crate::time::Time;
use std::sync::Arc;

/// So many numbers of a generation's stacks and strings are looked up in a list.
const LISTED: usize = 1 << 20;

/// What a [`Pass`](super::Pass) knows for all its analyses: the goroutines that
/// exist, and the stacks and names that occurred. Memory grows with the goroutines
/// that exist at one time and with the different stacks and names.
#[derive(Clone, Debug, Default)]
pub struct Known {
    stacks: Arc<Stacks>,
    slots: Slots,
    lives: Vec<Life>,
    /// How many goroutines are in each state, of those that exist.
    states: [i64; 6],
    /// The generation that the next two are about.
    generation: Option<usize>,
    /// Keys by the generation's own numbers of stacks, and of strings.
    keys: Vec<Option<StackKey>>,
    reasons: Vec<Option<NameId>>,
    threads: ThreadSet,
    start: Option<Time>,
    synced: Time,
    last: Time,
}

impl Known {
    /// The stacks and names that occurred so far.
    pub fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    /// The same, to keep more there.
    pub fn stacks_mut(&mut self) -> &mut Stacks {
        // Nobody else has them before the pass ends.
        Arc::make_mut(&mut self.stacks)
    }

    /// When the first event was; 0 before that.
    pub fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// When the last sync was.
    pub fn synced(&self) -> Time {
        self.synced
    }

    /// When the last event was.
    pub fn last(&self) -> Time {
        self.last
    }

    /// How many threads did something.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    /// The goroutines that exist, by their numbers, with their slots.
    pub(crate) fn alive(&self) -> Vec<(u32, &Life)> {
        let mut alive: Vec<(u32, &Life)> = (0u32..).zip(&self.lives).filter(|(_, life)| life.exists()).collect();
        alive.sort_unstable_by_key(|(_, life)| life.id);
        alive
    }

    /// How many goroutines run, or are ready to.
    pub(crate) fn active(&self) -> u64 {
        let of = |state: GoState| self.states[state as usize];
        u64::try_from(of(GoState::Running) + of(GoState::Runnable)).unwrap_or(0)
    }

    /// The slot of a goroutine that exists, and what is known of it.
    pub(crate) fn find(&mut self, id: GoId) -> Option<(u32, &Life)> {
        let at = self.slots.find(id)?;
        Some((at, self.lives.get(at as usize)?))
    }

    /// The slot of a goroutine that exists.
    #[inline(always)]
    pub(crate) fn slot(&mut self, id: GoId) -> Option<u32> {
        self.slots.find(id)
    }

    /// What is known of a goroutine that exists.
    #[inline(always)]
    pub(crate) fn life(&mut self, id: GoId) -> Option<&Life> {
        let at = self.slots.find(id)?;
        self.lives.get(at as usize)
    }

    /// Takes note of an event, before analyses see it; whether it is the first of
    /// its thread.
    #[inline(always)]
    pub(super) fn note(&mut self, time: Time, thread: Option<ThreadId>) -> bool {
        if self.start.is_none() {
            (self.start, self.synced) = (Some(time), time);
        }
        self.last = time;
        self.threads.note(thread)
    }

    pub(super) fn note_sync(&mut self, time: Time) {
        self.synced = time;
    }

    /// The place of what is known of a goroutine, which is blank if that is nothing.
    #[inline(always)]
    pub(super) fn life_of(&mut self, id: GoId) -> (u32, &mut Life) {
        let at = self.slots.of(id);
        let place = at as usize;
        if self.lives.len() <= place {
            self.lives.resize(place + 1, Life::NONE);
        }
        (at, &mut self.lives[place])
    }

    /// Counts a goroutine in another state.
    #[inline(always)]
    pub(super) fn count(&mut self, before: GoState, now: GoState) {
        self.states[before as usize] -= 1;
        self.states[now as usize] += 1;
    }

    #[inline(always)]
    pub(super) fn forget(&mut self, id: GoId, at: u32) {
        if let Some(life) = self.lives.get_mut(at as usize) {
            *life = Life::NONE;
        }
        self.slots.release(id, at);
    }

    /// Turns to the generation of an event.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, event: &Event<'_>) {
        let now = event.generation().map(|generation| generation.index());
        if self.generation != now {
            self.generation = now;
            self.keys.clear();
            self.reasons.clear();
        }
    }

    /// The key of a stack by its number in the current generation.
    #[inline(always)]
    pub(super) fn key(&mut self, event: &Event<'_>, number: u64) -> StackKey {
        if number == 0 {
            return StackKey::EMPTY;
        }
        match usize::try_from(number).ok().and_then(|at| *self.keys.get(at)?) {
            Some(key) => key,
            None => self.intern(event.stack_numbered(number)),
        }
    }

    /// The key of a stack of the current generation.
    #[inline(never)]
    pub(crate) fn intern(&mut self, stack: Option<Stack<'_>>) -> StackKey {
        let key = self.stacks_mut().intern(stack);
        if let Some(stack) = stack.filter(|stack| self.generation == Some(stack.generation_index())) {
            keep(&mut self.keys, stack.id().0, key);
        }
        key
    }

    /// The reason to block or stop that a string of the current generation is.
    #[inline(always)]
    pub(super) fn reason(&mut self, event: &Event<'_>, id: StringId) -> NameId {
        if id.0 == 0 {
            return NameId::EMPTY;
        }
        match usize::try_from(id.0).ok().and_then(|at| *self.reasons.get(at)?) {
            Some(reason) => reason,
            None => self.intern_reason(event, id),
        }
    }

    #[inline(never)]
    fn intern_reason(&mut self, event: &Event<'_>, id: StringId) -> NameId {
        let reason = self.stacks_mut().names.intern(event.string(id.0));
        keep(&mut self.reasons, id.0, reason);
        reason
    }
}

fn keep<T: Copy>(list: &mut Vec<Option<T>>, number: u64, value: T) {
    let Some(at) = usize::try_from(number).ok().filter(|&at| at < LISTED) else { return };
    if list.len() <= at {
        list.resize(at + 1, None);
    }
    if let Some(place) = list.get_mut(at) {
        *place = Some(value);
    }
}
