//! What a pass knows for all its analyses.

use super::life::{Life, Spent};
use super::numbers::ByNumber;
use super::slots::Slots;
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Table, ThreadSet};
use crate::event::Event;
use crate::event::go::GoChange;
use crate::event::stack::Stack;
use crate::event::transition::GoState;
use crate::ids::{GoId, StringId, ThreadId};
use crate::time::Time;
use std::sync::Arc;

/// What a [`Pass`](super::Pass) knows for all its analyses: the goroutines that
/// exist, and the stacks and names that occurred. Memory grows with the goroutines
/// that exist at one time and with the different stacks and names.
#[derive(Clone, Debug, Default)]
pub struct Known {
    stacks: Arc<Stacks>,
    slots: Slots,
    lives: Table<Kept>,
    /// The state that was left last.
    left: Life,
    /// How many goroutines are in each state, of those that exist.
    states: [i64; 6],
    /// The generation that the next two are about.
    generation: Option<usize>,
    /// Keys by the generation's own numbers of stacks, and of strings.
    keys: ByNumber<StackKey>,
    reasons: ByNumber<NameId>,
    threads: ThreadSet,
    start: Option<Time>,
    synced: Time,
    last: Time,
}

/// What following a goroutine has come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Followed {
    pub(super) slot: u32,
    /// Whether it did not exist before.
    pub(super) new: bool,
    /// How long it was in the state that it leaves, in nanoseconds.
    pub(super) took: i64,
}

/// What is known of the goroutine in a slot, in cache lines of its own.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
struct Kept {
    life: Life,
    /// How long it was in which state, the present one aside.
    spent: Spent,
}

/// Of one that does not exist.
impl Default for Kept {
    fn default() -> Kept {
        Kept { life: Life::NONE, spent: Spent::NONE }
    }
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
        let lives = self.lives.iter().map(|kept| &kept.life);
        let mut alive: Vec<(u32, &Life)> = (0u32..).zip(lives).filter(|(_, life)| life.exists()).collect();
        alive.sort_unstable_by_key(|(_, life)| life.id);
        alive
    }

    /// What is known of all goroutines that exist, by their numbers.
    pub fn lives(&self) -> impl Iterator<Item = &Life> {
        self.alive().into_iter().map(|(_, life)| life)
    }

    /// How many goroutines run, or are ready to.
    pub(crate) fn active(&self) -> u64 {
        let of = |state: GoState| self.states[state as usize];
        u64::try_from(of(GoState::Running) + of(GoState::Runnable)).unwrap_or(0)
    }

    /// The slot of a goroutine that exists, and what is known of it.
    #[inline(always)]
    pub(crate) fn find(&self, id: GoId) -> Option<(u32, &Life)> {
        let at = self.slots.find(id)?;
        Some((at, &self.lives.get(at as usize)?.life))
    }

    /// The slot of a goroutine that exists.
    #[inline(always)]
    pub(crate) fn slot(&self, id: GoId) -> Option<u32> {
        self.slots.find(id)
    }

    /// What is known of a goroutine that exists.
    #[inline(always)]
    pub fn life(&self, id: GoId) -> Option<&Life> {
        self.find(id).map(|(_, life)| life)
    }

    /// What is known of a goroutine that was followed.
    #[inline(always)]
    pub(super) fn at(&self, followed: &Followed) -> &Life {
        &self.lives.known(followed.slot as usize).life
    }

    /// How long the goroutine in a slot was in which state so far, the present one
    /// aside.
    #[inline(always)]
    pub(crate) fn spent(&self, slot: u32) -> &Spent {
        self.lives.get(slot as usize).map_or(&Spent::NONE, |kept| &kept.spent)
    }

    /// The next event is at that time: the first one, if there was none.
    #[inline(always)]
    pub(super) fn begin(&mut self, time: Time) {
        if self.start.is_none() {
            (self.start, self.synced) = (Some(time), time);
        }
    }

    /// Takes note of an event, before analyses see it; whether it is the first of
    /// its thread, if `ALL` is to be known.
    #[inline(always)]
    pub(super) fn note<const ALL: bool>(&mut self, time: Time, thread: Option<ThreadId>) -> bool {
        self.last = time;
        ALL && self.threads.note(thread)
    }

    pub(super) fn note_sync(&mut self, time: Time) {
        self.synced = time;
    }

    /// The state that was left last.
    #[inline(always)]
    pub(super) fn left(&self) -> &Life {
        &self.left
    }

    /// A goroutine changes its state, in the generation that was
    /// [turned to](Self::turn_to); what was known of it before is in
    /// [`left`](Self::left) then. None if all that is told is known. Without `ALL`,
    /// neither its own stacks and its function are known, nor where it is, what it
    /// spent its time with and how many are in each state.
    #[inline(always)]
    pub(super) fn follow<const ALL: bool>(&mut self, event: &Event<'_>, change: &GoChange) -> Option<Followed> {
        let GoChange { id, from, to, .. } = *change;
        let stack = self.key(event, change.stack);
        let own = match change.own_stack {
            _ if !ALL => StackKey::EMPTY,
            same if same == change.stack => stack,
            other => self.key(event, other),
        };
        let reason = self.reason(event, change.reason);
        let slot = self.slots.of(id);
        let Kept { life, spent } = self.lives.at(slot as usize);
        // Read from where it is, not from the copy, which takes its time to be there.
        let &mut Life { state: left, begun, since, root, last_own, .. } = life;
        self.left = *life;
        if ALL && root == NameId::EMPTY && own != StackKey::EMPTY {
            life.root = self.stacks.root_name(own);
        }
        let new = left == GoState::NotExist;
        if from == to && !new {
            return None;
        }
        // Times increase, unless the trace is bad.
        let took = if begun { event.time().0.wrapping_sub(since.0) } else { 0 };
        if ALL {
            spent.add(left, took);
            life.last_own = if change.own_stack != 0 { own } else { last_own };
            life.on = event.proc_number();
            self.states[left as usize] -= 1;
            self.states[to as usize] += 1;
        }
        let before = from == GoState::Undetermined && new;
        life.id = id;
        life.since = if before { self.synced } else { event.time() };
        (life.state, life.begun) = (to, from != to);
        (life.reason, life.stack, life.own) = (reason, stack, own);
        Some(Followed { slot, new, took })
    }

    #[inline(always)]
    pub(super) fn forget(&mut self, id: GoId, at: u32) {
        if let Some(kept) = self.lives.get_mut(at as usize) {
            *kept = Kept::default();
        }
        self.slots.release(id, at);
    }

    /// Turns to a generation: that of the events which follow.
    #[inline(always)]
    pub(super) fn turn_to(&mut self, generation: usize) {
        if self.generation != Some(generation) {
            self.generation = Some(generation);
            self.keys.clear();
            self.reasons.clear();
        }
    }

    /// The key of a stack by its number in the current generation.
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

    /// The key of a stack, which is kept.
    #[inline(never)]
    pub(crate) fn intern(&mut self, stack: Option<Stack<'_>>) -> StackKey {
        let Some(stack) = stack else { return StackKey::EMPTY };
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

    /// The reason to block or stop that a string of the current generation is.
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

#[cfg(test)]
mod tests {
    use crate::analysis::Pass;
    use crate::analysis::summary::Summarize;
    use crate::event::EventKind;
    use crate::event::transition::{GoState, StateTransition};
    use crate::ids::GoId;
    use crate::trace::Trace;
    use std::collections::BTreeMap;

    /// What the pass knows of goroutines is what the events say, in traces of every
    /// version: who exists, in which state, since when, with which stack and function.
    #[test]
    fn it_knows_what_the_events_say() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/traces");
        let mut seen = 0;
        for version in std::fs::read_dir(root).unwrap() {
            let path = version.unwrap().path().join("mixed.trace");
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let trace = Trace::parse(&bytes).unwrap();
            let (mut pass, mut summary) = (Pass::default(), Summarize::default());
            let mut model: BTreeMap<GoId, (GoState, i64, Option<Vec<u8>>)> = BTreeMap::new();
            let mut synced = 0;
            for event in trace.events().map(Result::unwrap) {
                pass.show(&event, &mut summary);
                match event.kind() {
                    EventKind::Sync(_) => synced = event.time().0,
                    EventKind::StateTransition(StateTransition::Goroutine { id, from, to, stack, .. }) => {
                        let root = stack.and_then(|stack| stack.frames().last()).map(|frame| frame.func.to_vec());
                        let before = model.remove(&id);
                        let first = before.is_none() && from == GoState::Undetermined;
                        let mut now = before.unwrap_or((to, synced, None));
                        if from != to && !first {
                            (now.0, now.1) = (to, event.time().0);
                        }
                        now.2 = now.2.or(root);
                        if to != GoState::NotExist {
                            model.insert(id, now);
                        }
                        seen += 1;
                    }
                    _ => {}
                }
            }
            let (known, names) = (pass.known(), &pass.known().stacks().names);
            let root = |root| Some(names.get(root).to_vec()).filter(|root| !root.is_empty());
            let got: BTreeMap<_, _> =
                known.alive().into_iter().map(|(_, g)| (g.id, (g.state, g.since.0, root(g.root)))).collect();
            assert_eq!(got, model, "{}", path.display());
        }
        assert!(seen > 10_000, "{seen}");
    }
}
