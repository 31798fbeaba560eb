//! The follower: the present state of each goroutine, and the stacks and names that
//! occurred.

use super::goroutine::{GoroutineState, TimeInStates};
use super::numbers::ByNumber;
use super::observer::Observer;
use super::slots::Slots;
use crate::base::ids::{GoId, StringId, ThreadId};
use crate::base::time::Time;
use crate::event::Event;
use crate::event::go::GoChange;
use crate::generation::Generation;
use crate::generation::stack::Stack;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use crate::timeline::names::NameId;
use crate::timeline::stacks::{StackKey, Stacks};
use crate::timeline::{Table, ThreadSet};
use std::sync::Arc;

/// Follows the goroutines, event by event: which ones exist, and which state each is in,
/// with the stacks and names that occurred. Memory grows with the goroutines that exist at
/// one time, and with the different stacks and names.
#[derive(Clone, Debug, Default)]
pub struct Follower {
    stacks: Arc<Stacks>,
    slots: Slots,
    goroutines: Table<Slot>,
    /// State that was left last, as a copy: the slot holds the next one already.
    left: GoroutineState,
    /// Number of existing goroutines in each state.
    states: [i64; 6],
    /// Generation that `keys` and `reasons` belong to.
    generation: Option<usize>,
    /// Keys by the numbers that the generation gives its stacks, and its strings.
    keys: ByNumber<StackKey>,
    reasons: ByNumber<NameId>,
    threads: ThreadSet,
    start: Option<Time>,
    synced: Time,
    last: Time,
    /// Time of the event before the last.
    before_last: Time,
}

/// A followed change of a goroutine's state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    /// Slot of the goroutine in all tables.
    pub(super) slot: u32,
    /// True if the goroutine did not exist before.
    pub(super) new: bool,
    /// Time in the state that it leaves, in nanoseconds.
    pub(super) took: i64,
}

/// The goroutine in a slot, in cache lines of its own.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Slot {
    goroutine: GoroutineState,
    /// Time in each state, without the present stay.
    times: TimeInStates,
}

impl Default for Slot {
    /// Returns a slot without a goroutine.
    fn default() -> Slot {
        Slot { goroutine: GoroutineState::NONE, times: TimeInStates::NONE }
    }
}

impl Follower {
    /// Returns the stacks and names that occurred so far.
    pub fn stacks(&self) -> &Arc<Stacks> {
        &self.stacks
    }

    /// Returns the stacks and names that occurred so far, for adding more.
    pub fn stacks_mut(&mut self) -> &mut Stacks {
        // The pass holds the only reference until it ends, so this copies nothing.
        Arc::make_mut(&mut self.stacks)
    }

    /// Returns the time of the first event; 0 before it.
    pub fn start(&self) -> Time {
        self.start.unwrap_or_default()
    }

    /// Returns the time of the last sync.
    pub fn synced(&self) -> Time {
        self.synced
    }

    /// Returns the time of the last event.
    pub fn last(&self) -> Time {
        self.last
    }

    /// Returns the time of the event before the last.
    pub(super) fn before_last(&self) -> Time {
        self.before_last
    }

    /// Returns the number of threads that did something.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }

    /// Returns the goroutines that exist, ordered by ID, with their slots.
    pub(crate) fn alive(&self) -> Vec<(u32, &GoroutineState)> {
        let all = self.goroutines.iter().map(|slot| &slot.goroutine);
        let mut alive: Vec<(u32, &GoroutineState)> =
            (0u32..).zip(all).filter(|(_, goroutine)| goroutine.exists()).collect();
        alive.sort_unstable_by_key(|(_, goroutine)| goroutine.id);
        alive
    }

    /// Returns the goroutines that exist, ordered by ID.
    pub fn goroutines(&self) -> impl Iterator<Item = &GoroutineState> {
        self.alive().into_iter().map(|(_, goroutine)| goroutine)
    }

    /// Returns the number of goroutines in a state.
    pub(crate) fn in_state(&self, state: GoState) -> u64 {
        u64::try_from(self.states[state as usize]).unwrap_or(0)
    }

    /// Returns the number of running goroutines.
    pub(crate) fn running(&self) -> u64 {
        self.in_state(GoState::Running)
    }

    /// Returns the number of goroutines that are running or runnable.
    pub(crate) fn active(&self) -> u64 {
        self.in_state(GoState::Running) + self.in_state(GoState::Runnable)
    }

    /// Returns the slot and the state of a goroutine that exists.
    #[inline(always)]
    pub(crate) fn find(&self, id: GoId) -> Option<(u32, &GoroutineState)> {
        let at = self.slots.find(id)?;
        Some((at, &self.goroutines.get(at as usize)?.goroutine))
    }

    /// Returns the slot of a goroutine that exists.
    #[inline(always)]
    pub(crate) fn slot(&self, id: GoId) -> Option<u32> {
        self.slots.find(id)
    }

    /// Returns the state of a goroutine; none if it does not exist.
    #[inline(always)]
    pub fn goroutine(&self, id: GoId) -> Option<&GoroutineState> {
        self.find(id).map(|(_, goroutine)| goroutine)
    }

    /// Returns the state of a goroutine after a change.
    #[inline(always)]
    pub(super) fn at(&self, change: &Change) -> &GoroutineState {
        &self.goroutines.known(change.slot as usize).goroutine
    }

    /// Returns the time that the goroutine in a slot has spent in each state, without the
    /// present stay.
    #[inline(always)]
    pub(crate) fn time_in_states(&self, slot: u32) -> &TimeInStates {
        self.goroutines.get(slot as usize).map_or(&TimeInStates::NONE, |slot| &slot.times)
    }

    /// Takes note of an event before it is shown. Returns whether it is the first of its
    /// thread; always false for an observer without [details](Observer::DETAILS).
    #[inline(always)]
    pub(super) fn note<O: Observer>(&mut self, time: Time, thread: Option<ThreadId>) -> bool {
        (self.before_last, self.last) = (self.last, time);
        O::DETAILS && self.threads.note(thread)
    }

    pub(super) fn note_sync(&mut self, time: Time) {
        self.synced = time;
    }

    /// Returns the state that was left last.
    #[inline(always)]
    pub(super) fn left(&self) -> &GoroutineState {
        &self.left
    }

    /// Follows a goroutine's change of state, in the generation that was [turned
    /// to](Self::turn_to); [`left`](Self::left) then returns the state before it. Returns
    /// none if the event says nothing new. For an observer without
    /// [details](Observer::DETAILS) only the state, its time, reason and stack are kept.
    #[inline(always)]
    pub(super) fn follow<O: Observer>(&mut self, event: &Event<'_>, change: &GoChange) -> Option<Change> {
        let GoChange { id, from, to, .. } = *change;
        let stack = self.key(event, change.stack);
        let own = match change.own_stack {
            _ if !O::DETAILS => StackKey::EMPTY,
            same if same == change.stack => stack,
            other => self.key(event, other),
        };
        let reason = self.reason(event, change.reason);
        let slot = self.slots.of(id);
        let Slot { goroutine, times } = self.goroutines.at(slot as usize);
        // Read in place: reading the copy would wait for the copy to be stored.
        let &mut GoroutineState { state: left, begun, since, named, last_own, .. } = goroutine;
        self.left = *goroutine;
        if O::DETAILS && !named && own != StackKey::EMPTY {
            let root = self.stacks.root_name(own);
            if root != NameId::EMPTY {
                (goroutine.root, goroutine.named) = (root, true);
            }
        }
        // A status in a later generation changes nothing but the function, if that was
        // unknown.
        let new = left == GoState::NotExist;
        if from == to && !new {
            return None;
        }
        // Times increase, unless the trace is damaged: wrapping saves a branch here.
        let took = if begun { event.time().0.wrapping_sub(since.0) } else { 0 };
        if O::DETAILS {
            times.add(left, took);
            goroutine.last_own = if change.own_stack != 0 { own } else { last_own };
            goroutine.on = event.proc_number();
            self.states[left as usize] -= 1;
            self.states[to as usize] += 1;
        }
        // A goroutine from before the trace has been in its state since the last sync at
        // least.
        let before = from == GoState::Undetermined && new;
        if from == GoState::NotExist {
            goroutine.created = true;
        }
        goroutine.id = id;
        goroutine.since = if before { self.synced } else { event.time() };
        (goroutine.state, goroutine.begun) = (to, from != to);
        (goroutine.reason, goroutine.stack, goroutine.own) = (reason, stack, own);
        Some(Change { slot, new, took })
    }

    /// Takes note of the function that a goroutine began with before the trace, from a
    /// status event that stands for its creation.
    #[inline(never)]
    pub(super) fn note_function(&mut self, event: &Event<'_>, slot: u32) {
        let stack = match event.creation_stack() {
            0 => return,
            stack => self.key(event, stack),
        };
        let outermost = self.stacks.frames(stack).last();
        // Goroutines made for C have no function of their own: a frame at PC 0 or 1.
        let for_c = outermost.is_some_and(|frame| frame.pc <= 1);
        let root = match self.stacks.root(stack) {
            None | Some(b"") => NameId::EMPTY,
            // Stacks of the main goroutine leave runtime.main out and end in main.main.
            Some(b"runtime.main") => self.stacks_mut().names.intern(b"main.main"),
            Some(_) => self.stacks.root_name(stack),
        };
        let goroutine = &mut self.goroutines.at(slot as usize).goroutine;
        goroutine.for_c = for_c;
        if !goroutine.named {
            goroutine.root = root;
        }
    }

    /// Takes note of the function of a goroutine that exists, from the status event that a
    /// trace up to Go 1.21 begins with.
    pub(crate) fn recall_function(&mut self, event: &Event<'_>) {
        if event.wire_type() == EventType::GoStatus
            && let Some(change) = event.go_change()
            && let Some(slot) = self.slots.find(change.id)
        {
            self.turn_to(event.generation().map(Generation::index), event.time());
            self.note_function(event, slot);
        }
    }

    /// Takes note of the reason for a goroutine's present state, where the event that began
    /// the state could not say it.
    pub(crate) fn recall_reason(&mut self, id: GoId, reason: &[u8]) {
        let Some(slot) = self.slots.find(id) else { return };
        let reason = self.stacks_mut().names.intern(reason);
        if let Some(kept) = self.goroutines.get_mut(slot as usize) {
            kept.goroutine.reason = reason;
        }
    }

    #[inline(always)]
    pub(super) fn forget(&mut self, id: GoId, at: u32) {
        if let Some(kept) = self.goroutines.get_mut(at as usize) {
            *kept = Slot::default();
        }
        self.slots.release(id, at);
    }

    /// Turns to the generation of the following events, the next of which happens at
    /// `time`.
    #[inline(always)]
    pub(crate) fn turn_to(&mut self, generation: Option<usize>, time: Time) {
        if self.start.is_none() {
            (self.start, self.synced) = (Some(time), time);
        }
        if let Some(generation) = generation
            && self.generation != Some(generation)
        {
            self.generation = Some(generation);
            self.keys.clear();
            self.reasons.clear();
        }
    }

    /// Turns away from the generation: the next event's generation numbers its stacks and
    /// strings anew, though its index may be the same.
    pub(crate) fn leave_generation(&mut self) {
        self.generation = None;
    }

    /// Returns the key of a stack by its number in the current generation.
    #[inline(always)]
    fn key(&mut self, event: &Event<'_>, number: u64) -> StackKey {
        if number == 0 {
            return StackKey::EMPTY;
        }
        match self.keys.get(number) {
            Some(key) => key,
            None => self.intern(event.stack_numbered(number)),
        }
    }

    /// Returns the key of a stack, which is kept; the empty key for none.
    #[inline(never)]
    pub fn intern(&mut self, stack: Option<Stack<'_>>) -> StackKey {
        let Some(stack) = stack else { return StackKey::EMPTY };
        // Numbers of another generation's stacks must not get into the table of this one.
        if self.generation != Some(stack.generation_index()) {
            return self.stacks_mut().intern(&stack);
        }
        let number = stack.id().0;
        self.keys.get(number).unwrap_or_else(|| {
            let key = self.stacks_mut().intern(&stack);
            self.keys.insert(number, key);
            key
        })
    }

    /// Returns the reason to block or stop that a string of the current generation holds.
    #[inline(always)]
    fn reason(&mut self, event: &Event<'_>, id: StringId) -> NameId {
        if id.0 == 0 {
            return NameId::EMPTY;
        }
        match self.reasons.get(id.0) {
            Some(reason) => reason,
            None => self.intern_reason(event, id),
        }
    }

    #[inline(never)]
    fn intern_reason(&mut self, event: &Event<'_>, id: StringId) -> NameId {
        let reason = self.stacks_mut().names.intern(event.string(id.0));
        self.reasons.insert(id.0, reason);
        reason
    }
}
