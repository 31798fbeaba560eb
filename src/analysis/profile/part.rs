//! Profiles made in parts, from generations that are read side by side.

use super::profiler::{Rules, profile};
use super::spans::Spans;
use super::{Profile, ProfileKind};
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, Follower, Pass, SharedEvent, Transition};
use crate::base::ids::GoId;
use crate::base::time::Time;
use crate::event::Event;
use crate::spec::state::GoState;
use crate::spec::v2::EventType;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A part of a [`Profile`], from consecutive generations; made by
/// [`CollectProfile::part`](super::CollectProfile::part).
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::profile::{Part, ProfileKind, CollectProfile};
/// use gotrace::{Options, Trace};
///
/// let trace = Trace::with_options(bytes, Options::default().threads(2))?;
/// let profiler = CollectProfile::new(ProfileKind::Sched);
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
    /// True for the event types, by number, that can begin or end a span.
    relevant: [bool; 256],
    pass: Pass,
    spans: Spans,
    before: Option<PartsBefore>,
}

/// Results of the parts before.
#[derive(Clone, Debug)]
struct PartsBefore {
    stacks: Arc<Stacks>,
    /// Spans that are open at their end: start and stack by goroutine.
    open: FxHashMap<GoId, (Time, StackKey)>,
    synced: Time,
}

impl Part {
    pub(super) fn new(kind: ProfileKind, rules: Arc<Rules>) -> Part {
        let (spans, relevant) = (Spans::new(kind), relevant(kind));
        Part { kind, rules, relevant, pass: Pass::default(), spans, before: None }
    }

    /// Takes note of the next event. After a [merge](Self::merge), nothing may come but the
    /// sync that ends the trace, as [`Trace::fold`](crate::Trace::fold) has it.
    #[inline(always)]
    pub fn note(&mut self, event: Event<'_>) {
        if !self.relevant.get(event.wire_type() as usize).copied().unwrap_or(false) {
            return;
        }
        self.pass.show_spans(&event, &mut Counting { kind: self.kind, rules: &self.rules, spans: &mut self.spans });
    }

    /// Adds the part for the following stretch of the trace.
    pub fn merge(&mut self, mut next: Part) {
        let mut before = self.close();
        let follower = next.pass.follower();
        // Spans that the parts before left open, and that end in the next part.
        for &(id, time) in &next.spans.ends {
            if let Some((since, stack)) = before.open.remove(&id) {
                self.spans.add(stack, self.rules.filter().within(id, since, time));
            }
        }
        // The next part has keys of its own for its stacks.
        let keys = Arc::make_mut(&mut before.stacks).absorb(follower.stacks());
        let key = |stack: StackKey| keys.get(stack.index()).copied().unwrap_or_default();
        for (&stack, &more) in keys.iter().zip(&next.spans.tallies) {
            self.spans.tally(stack).merge(more);
        }
        // A goroutine that is in the same state, or is not mentioned, has been in it all
        // along.
        for goroutine in follower.goroutines() {
            if goroutine.begun || self.kind.state() != Some(goroutine.state) {
                before.open.remove(&goroutine.id);
            }
        }
        let opened = open(&mut next.spans, follower);
        before.open.extend(opened.into_iter().map(|(id, (since, stack))| (id, (since, key(stack)))));
        before.synced = follower.synced();
        self.before = Some(before);
    }

    /// Returns the results of the parts so far.
    fn close(&mut self) -> PartsBefore {
        self.before.take().unwrap_or_else(|| {
            let follower = self.pass.follower();
            let open = open(&mut self.spans, follower);
            PartsBefore { stacks: Arc::clone(follower.stacks()), open, synced: follower.synced() }
        })
    }

    /// Returns the profile of all parts so far.
    pub fn profile(mut self) -> Profile {
        let before = self.close();
        if self.rules.unfinished {
            // The last sync ends the trace; it comes when all parts are merged.
            let synced = before.synced.max(self.pass.follower().synced());
            for (&id, &(since, stack)) in &before.open {
                self.spans.add(stack, self.rules.filter().within(id, since, synced));
            }
        }
        profile(self.kind, self.spans.samples(&before.stacks), before.stacks)
    }
}

/// Returns, by number, whether events of a type can begin or end a span. Changes of
/// goroutines by other events need not be followed.
fn relevant(kind: ProfileKind) -> [bool; 256] {
    use EventType::*;
    let mut relevant = [false; 256];
    for &event in EventType::ALL {
        // A sync moves the time from which on first mentions count.
        let matters = match (event, kind.state()) {
            (Sync, _) => true,
            _ if !super::profiler::wants(kind, event) => false,
            // The other types begin or end no span of this kind.
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

/// Returns the spans that go on at the end of a part, and began in it.
fn open(spans: &mut Spans, follower: &Follower) -> FxHashMap<GoId, (Time, StackKey)> {
    spans.open(follower).into_iter().map(|goroutine| (goroutine.id, (goroutine.since, goroutine.stack))).collect()
}

/// The analysis that counts in a part.
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
    fn goroutine(&mut self, transition: &Transition<'_, '_>, follower: &Follower) {
        self.spans.goroutine(self.rules, transition, follower);
    }

    fn event(&mut self, event: &SharedEvent<'_, '_>, follower: &mut Follower) {
        self.spans.sample(self.rules, event, follower);
    }

    fn finish(self, _: &Follower) {}
}
