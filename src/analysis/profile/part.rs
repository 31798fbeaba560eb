//! A profile made in parts, from generations that are read side by side.

use super::profiler::{Rules, profile};
use super::spans::Spans;
use super::{Profile, ProfileKind};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Known, Pass, Seen, Step};
use crate::event::Event;
use crate::event::transition::GoState;
use crate::ids::GoId;
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A part of a [`Profile`], from consecutive generations; made by
/// [`Profiler::part`](super::Profiler::part).
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::profile::{Part, ProfileKind, Profiler};
/// use gotrace::{Options, Trace};
///
/// let trace = Trace::with_options(bytes, Options::default().threads(2))?;
/// let profiler = Profiler::new(ProfileKind::Sched);
/// let part = profiler.part().expect("one of a single state is made of parts");
/// let folded = trace.fold(|| part.clone(), Part::note, Part::merge)?;
/// let profile = folded.output.profile();
/// assert_eq!(profile.total(), trace.analyze(profiler)?.output.total());
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Part {
    kind: ProfileKind,
    rules: Arc<Rules>,
    /// By the number of an event type, whether it can begin or end a span.
    relevant: [bool; 256],
    pass: Pass,
    spans: Spans,
    before: Option<Before>,
}

/// What the parts in front come to.
#[derive(Clone, Debug)]
struct Before {
    stacks: Arc<Stacks>,
    /// What is in a span at their end, since when, and with which stack.
    open: FxHashMap<GoId, (Time, StackKey)>,
    synced: Time,
}

impl Part {
    pub(super) fn new(kind: ProfileKind, rules: Arc<Rules>) -> Part {
        let (spans, relevant) = (Spans::new(kind), relevant(kind));
        Part { kind, rules, relevant, pass: Pass::default(), spans, before: None }
    }

    /// Takes note of the next event. After a [merge](Self::merge), nothing may come but
    /// the sync that ends the trace, as [`Trace::fold`](crate::Trace::fold) has it.
    #[inline(always)]
    pub fn note(&mut self, event: Event<'_>) {
        if !self.relevant.get(event.wire_type() as usize).copied().unwrap_or(false) {
            return;
        }
        self.pass.show_spans(&event, &mut Counting { kind: self.kind, rules: &self.rules, spans: &mut self.spans });
    }

    /// Adds what another one has seen of the part of the trace that follows.
    pub fn merge(&mut self, mut next: Part) {
        let mut before = self.close();
        let known = next.pass.known();
        for &(id, time) in &next.spans.ends {
            if let Some((since, stack)) = before.open.remove(&id) {
                self.spans.add(stack, self.rules.filter().within(id, since, time));
            }
        }
        let keys = Arc::make_mut(&mut before.stacks).absorb(known.stacks());
        let key = |stack: StackKey| keys.get(stack.index()).copied().unwrap_or_default();
        for (&stack, &more) in keys.iter().zip(&next.spans.tallies) {
            self.spans.tally(stack).merge(more);
        }
        // What is in the same state as before, or is not mentioned, has been in it.
        for life in known.lives() {
            if life.begun || self.kind.state() != Some(life.state) {
                before.open.remove(&life.id);
            }
        }
        let opened = open(&mut next.spans, known);
        before.open.extend(opened.into_iter().map(|(id, (since, stack))| (id, (since, key(stack)))));
        before.synced = known.synced();
        self.before = Some(before);
    }

    /// What is known of the parts so far.
    fn close(&mut self) -> Before {
        self.before.take().unwrap_or_else(|| {
            let known = self.pass.known();
            let open = open(&mut self.spans, known);
            Before { stacks: Arc::clone(known.stacks()), open, synced: known.synced() }
        })
    }

    /// The profile of all it has seen.
    pub fn profile(mut self) -> Profile {
        let before = self.close();
        if self.rules.unfinished {
            // The last sync ends the trace; it comes when all parts are merged.
            let synced = before.synced.max(self.pass.known().synced());
            for (&id, &(since, stack)) in &before.open {
                self.spans.add(stack, self.rules.filter().within(id, since, synced));
            }
        }
        profile(self.kind, self.spans.samples(&before.stacks), before.stacks)
    }
}

/// The types of events that can begin or end a span. What the others do to a
/// goroutine is of no account, and not followed.
fn relevant(kind: ProfileKind) -> [bool; 256] {
    use EventType::*;
    let mut relevant = [false; 256];
    for &event in EventType::ALL {
        let matters = match (event, kind.state()) {
            (Sync, _) => true,
            _ if !super::profiler::wants(kind, event) => false,
            (GoStart | GoStop, Some(state)) => state == GoState::Runnable,
            (GoBlock, Some(state)) => state == GoState::Waiting,
            (GoUnblock, Some(state)) => state != GoState::Syscall,
            (GoSyscallBegin | GoSyscallEnd, Some(state)) => state == GoState::Syscall,
            _ => true,
        };
        if let Some(place) = relevant.get_mut(event as usize) {
            *place = matters;
        }
    }
    relevant
}

/// The spans that go on at the end of a part, and began in it.
fn open(spans: &mut Spans, known: &Known) -> FxHashMap<GoId, (Time, StackKey)> {
    spans.open(known).into_iter().map(|life| (life.id, (life.since, life.stack))).collect()
}

/// What is counted in a part.
struct Counting<'a> {
    kind: ProfileKind,
    rules: &'a Rules,
    spans: &'a mut Spans,
}

impl Analysis for Counting<'_> {
    type Output = ();

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        super::profiler::wants(self.kind, event)
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, known: &Known) {
        self.spans.goroutine(self.rules, step, known);
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        self.spans.sample(self.rules, event, known);
    }

    fn finish(self, _: &Known) {}
}
