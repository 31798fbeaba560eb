//! Spans of one state, counted as Go 1.27's tools count them (`cmd/trace/pprof.go`): of
//! each goroutine, only the time between its first run and its end, as `internal/trace`
//! summarizes it.

use super::profiler::Rules;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{BySlot, Follower, SharedEvent, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::EventKind;
use crate::event::transition::StateTransition;
use crate::spec::state::GoState;
use rustc_hash::FxHashMap;

/// Counts the spans. Go reads a trace twice, to know when goroutines first ran; here, spans
/// before that are held back until it is known whether they run.
#[derive(Clone, Debug)]
pub(super) struct GoSpans {
    kind: ProfileKind,
    gs: BySlot<G>,
    sums: Sums,
}

/// Spans counted so far.
#[derive(Clone, Debug, Default)]
struct Sums {
    tallies: FxHashMap<StackKey, Tally>,
    /// Number of spans counted.
    added: u64,
    /// Spans of goroutines that may come back under the same ID.
    held: FxHashMap<GoId, Held>,
}

/// Spans of a goroutine that may come back under the same ID, as those of callbacks from C
/// do. Go's tools know only the start and end of its last life, and compare all its spans
/// with those.
#[derive(Clone, Debug, Default)]
struct Held {
    /// Spans of earlier lives.
    earlier: FxHashMap<StackKey, Tally>,
    /// Spans of this life: those after its first run or, if it has not run yet, all.
    current: FxHashMap<StackKey, Tally>,
    /// True if it has run in this life.
    ran: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    nanos: i64,
    /// Number of the last addition: of stacks that Go takes for equal, it shows the one
    /// that it saw last.
    last: u64,
}

impl Tally {
    fn add(&mut self, count: u64, nanos: i64, at: u64) {
        self.count += count;
        self.nanos = self.nanos.saturating_add(nanos);
        self.last = self.last.max(at);
    }
}

impl Held {
    /// Begins another life.
    fn begin(&mut self) {
        for (stack, of) in self.current.drain() {
            self.earlier.entry(stack).or_default().add(of.count, of.nanos, of.last);
        }
        self.ran = false;
    }
}

/// State of a goroutine.
#[derive(Clone, Debug, Default)]
struct G {
    /// Start and stack of the span that it is in.
    open: Option<(Time, StackKey)>,
    /// True if it has run.
    ran: bool,
    /// Spans that count only if it never runs.
    pending: Vec<(StackKey, i64)>,
    /// Time at which it ended.
    ended: Option<Time>,
    /// True if it may come back.
    held: bool,
}

impl GoSpans {
    /// Returns a counter for a kind of profile, which has seen nothing yet.
    pub(super) fn new(kind: ProfileKind) -> GoSpans {
        GoSpans { kind, gs: BySlot::default(), sums: Sums::default() }
    }

    pub(super) fn goroutine(&mut self, rules: &Rules, transition: &Transition<'_, '_>, follower: &Follower) {
        let (sums, g) = (&mut self.sums, self.gs.of(transition));
        let (id, from, to, time) = (transition.now.id, transition.from, transition.now.state, transition.time());
        match from {
            // A goroutine created in a system call is one for a callback from C.
            GoState::NotExist if to == GoState::Syscall || sums.held.contains_key(&id) => {
                (g.held, g.ran) = (true, false);
                sums.held.entry(id).or_default().begin();
            }
            GoState::Undetermined => g.held = true,
            _ => {}
        }
        let starts = to == GoState::Running && from != to && !g.ran;
        if let Some(open) = g.open.filter(|_| self.kind.state() != Some(to)) {
            g.open = None;
            sums.close(rules, id, g, open, time, starts);
        }
        let reason = follower.stacks().names.get(transition.now.reason);
        if g.open.is_none() && self.kind.is_about(to, reason) {
            g.open = Some((time, transition.now.stack));
        }
        if starts {
            g.ran = true;
            g.pending = Vec::new();
            if let Some(held) = sums.held.get_mut(&id) {
                held.ran = true;
                held.current.clear();
            }
        }
        if to == GoState::Waiting && reason == b"forever" && from != to {
            g.ended = Some(time);
        }
        if to == GoState::NotExist {
            // A goroutine that ends while it runs will not come back.
            if g.held && from == GoState::Running {
                sums.release(id);
            }
            sums.settle(g);
        }
    }

    /// Takes note of the status of a goroutine in a later generation, which Go takes for
    /// the beginning of a span if none is open.
    pub(super) fn status(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        let EventKind::StateTransition(StateTransition::Goroutine { id, to, .. }) = *event.kind() else { return };
        let Some(g) = follower.slot(id).and_then(|slot| self.gs.get_mut(slot)) else { return };
        if g.open.is_none() && self.kind.is_about(to, b"") {
            g.open = Some((event.time(), follower.intern(event.stack())));
        }
    }

    pub(super) fn finish(mut self, follower: &Follower) -> Vec<Sample> {
        for (slot, _) in follower.alive() {
            if let Some(g) = self.gs.get_mut(slot) {
                self.sums.settle(g);
            }
        }
        let mut held: Vec<GoId> = self.sums.held.keys().copied().collect();
        held.sort_unstable();
        held.into_iter().for_each(|id| self.sums.release(id));
        self.sums.samples(follower.stacks())
    }
}

impl Sums {
    /// Counts a span that ends.
    fn close(
        &mut self,
        rules: &Rules,
        id: GoId,
        g: &mut G,
        (since, stack): (Time, StackKey),
        time: Time,
        starts: bool,
    ) {
        if rules.filter().intervals.is_some() {
            // Regions have their own start and end, so the goroutine's do not matter.
            let nanos = rules.filter().within(id, since, time);
            if nanos > 0 {
                self.add(stack, nanos);
            }
            return;
        }
        let time = g.ended.map_or(time, |ended| ended.min(time));
        let nanos = rules.filter().within(id, since, time);
        if nanos <= 0 {
            return;
        }
        if g.held {
            self.added += 1;
            let held = self.held.entry(id).or_default();
            held.current.entry(stack).or_default().add(1, nanos, self.added);
        } else if g.ran {
            self.add(stack, nanos);
        } else if !starts {
            // Before its first run, Go counts a span only if the goroutine never runs.
            g.pending.push((stack, nanos));
        }
    }

    /// Counts the held spans of a goroutine that will not come back.
    fn release(&mut self, id: GoId) {
        let Some(mut held) = self.held.remove(&id) else { return };
        if !held.ran {
            held.begin();
            std::mem::swap(&mut held.earlier, &mut held.current);
        }
        for (stack, of) in held.current {
            self.tallies.entry(stack).or_default().add(of.count, of.nanos, of.last);
        }
    }

    /// Counts the pending spans of a goroutine that will not run any more.
    fn settle(&mut self, g: &mut G) {
        for (stack, nanos) in std::mem::take(&mut g.pending) {
            self.add(stack, nanos);
        }
    }

    fn add(&mut self, stack: StackKey, nanos: i64) {
        self.added += 1;
        self.tallies.entry(stack).or_default().add(1, nanos, self.added);
    }

    /// Returns the samples. Spans share a sample if Go takes their stacks for equal: it
    /// compares the first 128 program counters, with 0 for missing ones.
    fn samples(&self, stacks: &Stacks) -> Vec<Sample> {
        let pcs = |stack: StackKey| {
            let frames = stacks.frames(stack);
            let count = frames.iter().rposition(|frame| frame.pc != 0).map_or(0, |last| last + 1);
            frames.iter().take(count).map(|frame| frame.pc).collect::<Vec<_>>()
        };
        let mut joined: FxHashMap<Vec<u64>, (StackKey, Tally)> = FxHashMap::default();
        for (&stack, &Tally { count, nanos, last }) in &self.tallies {
            let (shown, tally) = joined.entry(pcs(stack)).or_default();
            if last >= tally.last {
                *shown = stack;
            }
            tally.add(count, nanos, last);
        }
        let sample = |(stack, tally): (StackKey, Tally)| Sample {
            stack,
            state: None,
            reason: NameId::EMPTY,
            count: tally.count,
            nanos: tally.nanos,
        };
        joined.into_values().map(sample).collect()
    }
}
