//! Spans of one state, counted as Go 1.27's tools count them (`cmd/trace/pprof.go`):
//! of each goroutine, only what lies between its first run and its end, as
//! `internal/trace`'s summary has them.

use super::profiler::Rules;
use super::{ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{BySlot, Known, Seen, Step};
use crate::event::EventKind;
use crate::event::transition::{GoState, StateTransition};
use crate::ids::GoId;
use crate::time::Time;
use rustc_hash::FxHashMap;

/// The spans so far. Go reads a trace twice, to know when goroutines first ran;
/// here, what precedes that is held back until it is known whether they do.
#[derive(Clone, Debug)]
pub(super) struct Gos {
    kind: ProfileKind,
    gs: BySlot<G>,
    sums: Sums,
}

/// What has been counted.
#[derive(Clone, Debug, Default)]
struct Sums {
    tallies: FxHashMap<StackKey, Tally>,
    /// How often something was counted.
    added: u64,
    /// What is counted of goroutines that may come back.
    held: FxHashMap<GoId, Held>,
}

/// What is counted of a goroutine that may come back under the same number, as
/// those of callbacks from C do. Go's tools know only when its last life began
/// and ended, and hold all its spans against that.
#[derive(Clone, Debug, Default)]
struct Held {
    /// The spans of earlier lives.
    earlier: FxHashMap<StackKey, Tally>,
    /// Those of this life that lie after its first run, or if it has not run yet,
    /// all of them.
    current: FxHashMap<StackKey, Tally>,
    /// Whether it has run in this life.
    ran: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    count: u64,
    nanos: i64,
    /// When it was last added to: of stacks that Go takes for equal, it shows the
    /// one it saw last.
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

/// What is known of a goroutine.
#[derive(Clone, Debug, Default)]
struct G {
    /// The span that it is in: since when, and its stack.
    open: Option<(Time, StackKey)>,
    /// Whether it has run.
    ran: bool,
    /// What counts only if it never runs.
    pending: Vec<(StackKey, i64)>,
    /// When it ended.
    ended: Option<Time>,
    /// Whether it may come back.
    held: bool,
}

impl Gos {
    /// Of that kind; nothing has been seen yet.
    pub(super) fn new(kind: ProfileKind) -> Gos {
        Gos { kind, gs: BySlot::default(), sums: Sums::default() }
    }

    pub(super) fn goroutine(&mut self, rules: &Rules, step: &Step<'_, '_>, known: &Known) {
        let (sums, g) = (&mut self.sums, self.gs.of(step));
        let (id, from, to, time) = (step.now.id, step.from, step.now.state, step.time());
        match from {
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
        let reason = known.stacks().names.get(step.now.reason);
        if g.open.is_none() && self.kind.is_about(to, reason) {
            g.open = Some((time, step.now.stack));
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
            // One that ends while it runs will not come back.
            if g.held && from == GoState::Running {
                sums.release(id);
            }
            sums.settle(g);
        }
    }

    /// The status of a goroutine in a later generation: Go takes it for the
    /// beginning of a span, if none is open.
    pub(super) fn status(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        let EventKind::StateTransition(StateTransition::Goroutine { id, to, .. }) = *event.kind() else { return };
        let Some(g) = known.slot(id).and_then(|slot| self.gs.get_mut(slot)) else { return };
        if g.open.is_none() && self.kind.is_about(to, b"") {
            g.open = Some((event.time(), known.intern(event.stack())));
        }
    }

    pub(super) fn finish(mut self, known: &Known) -> Vec<Sample> {
        for (slot, _) in known.alive() {
            if let Some(g) = self.gs.get_mut(slot) {
                self.sums.settle(g);
            }
        }
        let mut held: Vec<GoId> = self.sums.held.keys().copied().collect();
        held.sort_unstable();
        held.into_iter().for_each(|id| self.sums.release(id));
        self.sums.samples(known.stacks())
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
            // Regions have their own beginning and end.
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
            g.pending.push((stack, nanos));
        }
    }

    /// Counts what counts of a goroutine that will not come back.
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

    /// Counts what counts of a goroutine only now that it will not run any more.
    fn settle(&mut self, g: &mut G) {
        for (stack, nanos) in std::mem::take(&mut g.pending) {
            self.add(stack, nanos);
        }
    }

    fn add(&mut self, stack: StackKey, nanos: i64) {
        self.added += 1;
        self.tallies.entry(stack).or_default().add(1, nanos, self.added);
    }

    /// The samples. Those are one whose stacks Go takes for equal: it compares the
    /// first 128 program counters, where those that are missing are 0.
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
