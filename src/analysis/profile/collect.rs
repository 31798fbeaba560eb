//! The pass that makes a profile.

use super::{Filter, Profile, ProfileKind, Sample};
use crate::analysis::names::NameId;
use crate::analysis::stacks::{StackKey, Stacks};
use crate::analysis::{Analysis, ByGo, Compat};
use crate::event::stack::Stack;
use crate::event::transition::{GoState, StateTransition};
use crate::event::{Event, EventKind};
use crate::ids::GoId;
use crate::time::Time;
use crate::wire::v2::spec::EventType;
use rustc_hash::FxHashMap;

/// Makes a [`Profile`]. Memory grows with the goroutines that exist at one time
/// and with the different stacks, not with the trace.
///
/// With [`Compat::Go127`] the figures are those of Go 1.27's tools, which count
/// no time of a goroutine before it first runs: the latency from creation to the
/// first run is lost. Otherwise that counts; and what was so when the trace began
/// counts from its beginning, not from its first mention.
#[derive(Clone, Debug)]
pub struct Profiler {
    gs: ByGo<G>,
    sums: Sums,
    unfinished: bool,
    synced: Time,
    end: Time,
}

/// What has been counted, and how.
#[derive(Clone, Debug)]
struct Sums {
    kind: ProfileKind,
    compat: Compat,
    filter: Filter,
    stacks: Stacks,
    /// By stack: what has no class.
    plain: Vec<Tally>,
    classed: FxHashMap<(StackKey, Class), Tally>,
    /// How often something was counted.
    added: u64,
    /// For Go's figures, what is counted of goroutines that may come back.
    held: FxHashMap<GoId, Held>,
    /// For Go's figures, what counts of goroutines only if they never run.
    pending: FxHashMap<GoId, Vec<(StackKey, i64)>>,
    /// For Go's figures, when goroutines ended that are still there: those that
    /// wait forever.
    ended: FxHashMap<GoId, Time>,
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

/// In a wall profile, a state and for what; else nothing.
type Class = (Option<GoState>, NameId);

const NO_CLASS: Class = (None, NameId::EMPTY);

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
#[derive(Clone, Copy, Debug, Default)]
struct G {
    /// The span that it is in.
    open: Option<Open>,
    /// Whether it has run.
    ran: bool,
    /// For a wall profile, its last known stack.
    stack: StackKey,
    /// For Go's figures, whether it may come back.
    held: bool,
}

#[derive(Clone, Copy, Debug)]
struct Open {
    since: Time,
    stack: StackKey,
    class: Class,
}

impl Profiler {
    /// One that has seen nothing yet.
    pub fn new(kind: ProfileKind) -> Profiler {
        let sums = Sums {
            kind,
            compat: Compat::Right,
            filter: Filter::default(),
            stacks: Stacks::default(),
            plain: Vec::new(),
            classed: FxHashMap::default(),
            added: 0,
            held: FxHashMap::default(),
            pending: FxHashMap::default(),
            ended: FxHashMap::default(),
        };
        let unfinished = kind == ProfileKind::Wall;
        Profiler { gs: ByGo::default(), sums, unfinished, synced: Time(0), end: Time(0) }
    }

    /// This one, for those figures.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Profiler {
        self.sums.compat = compat;
        self
    }

    /// This one, counting only what passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Profiler {
        self.sums.filter = filter;
        self
    }

    /// This one, counting also what goes on when the trace ends, up to there; a
    /// wall profile does anyhow, Go's tools never do.
    #[must_use]
    pub fn unfinished(self, unfinished: bool) -> Profiler {
        Profiler { unfinished: unfinished || self.sums.kind == ProfileKind::Wall, ..self }
    }

    /// Whether events of that type are transitions of goroutines.
    #[inline]
    pub(super) fn is_transition(event: EventType) -> bool {
        use EventType::*;
        matches!(
            event,
            GoCreate
                | GoCreateBlocked
                | GoCreateSyscall
                | GoStart
                | GoDestroy
                | GoDestroySyscall
                | GoStop
                | GoBlock
                | GoUnblock
                | GoSwitch
                | GoSwitchDestroy
                | GoSyscallBegin
                | GoSyscallEnd
                | GoSyscallEndBlocked
                | GoStatus
                | GoStatusStack
        )
    }

    fn transition(
        &mut self,
        event: &Event<'_>,
        (id, from, to): (GoId, GoState, GoState),
        reason: &[u8],
        own: Option<Stack<'_>>,
    ) {
        let sums = &mut self.sums;
        let (time, wall) = (event.time(), sums.kind == ProfileKind::Wall);
        let about = sums.kind.is_about(to, reason);
        let g = self.gs.get_or_insert_with(id, G::default);
        if from == to && g.open.is_some() {
            return; // The status in a later generation changes nothing.
        }
        if sums.is_gos() {
            match from {
                GoState::NotExist if to == GoState::Syscall || sums.held.contains_key(&id) => {
                    (g.held, g.ran) = (true, false);
                    sums.held.entry(id).or_default().begin();
                }
                GoState::Undetermined => g.held = true,
                _ => {}
            }
        }
        if wall && own.is_some() {
            g.stack = sums.stacks.intern(own);
        }
        let starts = to == GoState::Running && from != to && !g.ran;
        if let Some(open) = g.open.filter(|_| sums.kind.state() != Some(to)) {
            g.open = None;
            // Running time is put down to the stack at which it ended.
            let stack = if wall && from == GoState::Running { g.stack } else { open.stack };
            sums.close(id, g, Open { stack, ..open }, time, starts);
        }
        if g.open.is_none() && about {
            let since = if from == GoState::Undetermined && !sums.is_gos() { self.synced } else { time };
            g.open = Some(sums.open(event, g.stack, since, (to, reason)));
        }
        if starts {
            g.ran = true;
            sums.pending.remove(&id);
            if let Some(held) = sums.held.get_mut(&id) {
                held.ran = true;
                held.current.clear();
            }
        }
        if to == GoState::Waiting && reason == b"forever" && from != to && sums.is_gos() {
            sums.ended.insert(id, time);
        }
        if to == GoState::NotExist {
            // One that ends while it runs will not come back.
            if g.held && from == GoState::Running {
                sums.release(id);
            }
            sums.settle(id);
            self.gs.remove(id);
        }
    }
}

impl Sums {
    fn is_gos(&self) -> bool {
        self.compat == Compat::Go127
    }

    fn open(&mut self, event: &Event<'_>, own: StackKey, since: Time, (to, reason): (GoState, &[u8])) -> Open {
        if self.kind == ProfileKind::Wall {
            let reason = if to == GoState::Waiting { self.stacks.names.intern(reason) } else { NameId::EMPTY };
            return Open { since, stack: own, class: (Some(to), reason) };
        }
        Open { since, stack: self.stacks.intern(event.stack()), class: NO_CLASS }
    }

    /// Counts a span that ends.
    fn close(&mut self, id: GoId, g: &G, open: Open, time: Time, starts: bool) {
        if !self.is_gos() || self.filter.intervals.is_some() {
            let nanos = self.filter.within(id, open.since, time);
            if nanos > 0 {
                self.add(open.stack, open.class, nanos);
            }
            return;
        }
        // Go counts what lies between the first run and the end.
        let time = self.ended.get(&id).map_or(time, |&ended| ended.min(time));
        let nanos = self.filter.within(id, open.since, time);
        if nanos <= 0 {
            return;
        }
        self.added += 1;
        if g.held {
            let held = self.held.entry(id).or_default();
            held.current.entry(open.stack).or_default().add(1, nanos, self.added);
        } else if g.ran {
            self.add(open.stack, open.class, nanos);
        } else if !starts {
            self.pending.entry(id).or_default().push((open.stack, nanos));
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
            self.tally(stack, NO_CLASS).add(of.count, of.nanos, of.last);
        }
    }

    /// Counts what counts of a goroutine only now that it will not run any more.
    fn settle(&mut self, id: GoId) {
        if !self.is_gos() {
            return;
        }
        self.ended.remove(&id);
        for (stack, nanos) in self.pending.remove(&id).unwrap_or_default() {
            self.add(stack, NO_CLASS, nanos);
        }
    }

    fn add(&mut self, stack: StackKey, class: Class, nanos: i64) {
        self.added += 1;
        let added = self.added;
        self.tally(stack, class).add(1, nanos, added);
    }

    #[inline]
    fn tally(&mut self, stack: StackKey, class: Class) -> &mut Tally {
        if class != NO_CLASS || stack.index() > self.stacks.count() {
            return self.classed.entry((stack, class)).or_default();
        }
        if self.plain.len() <= stack.index() {
            self.plain.resize(self.stacks.count().max(stack.index() + 1), Tally::default());
        }
        // There is room for every stack, so the second is never used.
        match self.plain.get_mut(stack.index()) {
            Some(tally) => tally,
            None => self.classed.entry((stack, class)).or_default(),
        }
    }

    /// Joins the samples whose stacks Go takes for equal: it compares the first
    /// 128 program counters, where those that are missing are 0.
    fn join_as_go(&self, samples: Vec<(Sample, u64)>) -> Vec<Sample> {
        let pcs = |sample: &Sample| {
            let frames = self.stacks.frames(sample.stack);
            let count = frames.iter().rposition(|frame| frame.pc != 0).map_or(0, |last| last + 1);
            frames.iter().take(count).map(|frame| frame.pc).collect::<Vec<_>>()
        };
        let mut joined: FxHashMap<Vec<u64>, (Sample, u64)> = FxHashMap::default();
        for (sample, last) in samples {
            let entry = joined.entry(pcs(&sample)).or_insert((Sample { count: 0, nanos: 0, ..sample }, 0));
            entry.0.count += sample.count;
            entry.0.nanos = entry.0.nanos.saturating_add(sample.nanos);
            if last >= entry.1 {
                (entry.0.stack, entry.1) = (sample.stack, last);
            }
        }
        joined.into_values().map(|(sample, _)| sample).collect()
    }
}

impl Analysis for Profiler {
    type Output = Profile;

    #[inline]
    fn wants(&self, event: EventType) -> bool {
        use EventType::*;
        let cpu = self.sums.kind == ProfileKind::Cpu;
        match event {
            Sync => true,
            CPUSample => cpu,
            GoCreate | GoCreateBlocked | GoCreateSyscall | GoStart | GoDestroy | GoDestroySyscall | GoStop
            | GoBlock | GoUnblock | GoSwitch | GoSwitchDestroy | GoSyscallBegin | GoSyscallEnd
            | GoSyscallEndBlocked | GoStatus | GoStatusStack => !cpu,
            _ => false,
        }
    }

    #[inline]
    fn event(&mut self, event: &Event<'_>, kind: &EventKind<'_>) {
        let cpu = self.sums.kind == ProfileKind::Cpu;
        match *kind {
            EventKind::StateTransition(StateTransition::Goroutine { id, from, to, reason, stack }) if !cpu => {
                self.end = event.time();
                self.transition(event, (id, from, to), reason, stack);
            }
            EventKind::StackSample if cpu && self.sums.filter.counts(event.goroutine(), event.time()) => {
                let stack = self.sums.stacks.intern(event.stack());
                self.sums.add(stack, NO_CLASS, 0);
            }
            EventKind::Sync(_) => (self.synced, self.end) = (event.time(), event.time()),
            _ => {}
        }
    }

    fn finish(mut self) -> Profile {
        let mut sums = self.sums;
        for (id, mut g) in self.gs.drain() {
            if let Some(open) = g.open.take().filter(|_| self.unfinished && !sums.is_gos()) {
                sums.close(id, &g, open, self.end, false);
            }
            sums.settle(id);
        }
        let mut held: Vec<GoId> = sums.held.keys().copied().collect();
        held.sort_unstable();
        held.into_iter().for_each(|id| sums.release(id));
        let plain = std::mem::take(&mut sums.plain).into_iter().enumerate();
        let plain = plain.map(|(at, tally)| ((StackKey::of_index(at), NO_CLASS), tally));
        let classed = std::mem::take(&mut sums.classed).into_iter();
        let samples =
            plain.filter(|(_, tally)| tally.count != 0).chain(classed).map(|((stack, (state, reason)), tally)| {
                (Sample { stack, state, reason, count: tally.count, nanos: tally.nanos }, tally.last)
            });
        let mut samples: Vec<Sample> = match sums.is_gos() {
            true => sums.join_as_go(samples.collect()),
            false => samples.map(|(sample, _)| sample).collect(),
        };
        samples.sort_unstable_by(|a, b| {
            (b.nanos, b.count).cmp(&(a.nanos, a.count)).then_with(|| (a.stack, a.reason).cmp(&(b.stack, b.reason)))
        });
        Profile { kind: sums.kind, samples, stacks: sums.stacks }
    }
}
