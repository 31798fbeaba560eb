//! The pass that makes a profile.

use super::gos::Gos;
use super::spans::Spans;
use super::wall::Wall;
use super::{Filter, Profile, ProfileKind, Sample};
use crate::analysis::stacks::Stacks;
use crate::analysis::{Analysis, Compat, Known, OldSeen as Seen};
use crate::event::Event;
use crate::event::go::changes_go;
use crate::event::transition::GoState;
use crate::wire::v2::spec::EventType;
use std::sync::Arc;

/// Makes a [`Profile`]. Memory grows with the goroutines that exist at one time
/// and with the different stacks, not with the trace.
///
/// With [`Compat::Go127`] the figures are those of Go 1.27's tools, which count
/// no time of a goroutine before it first runs: the latency from creation to the
/// first run is lost. Otherwise that counts; and what was so when the trace began
/// counts from its beginning, not from its first mention.
///
/// It is an [`Analysis`]; where it [merges](Self::merges), generations can also
/// be read side by side:
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::profile::{ProfileKind, Profiler};
/// use gotrace::{Options, Trace};
///
/// let trace = Trace::with_options(bytes, Options::default().threads(2))?;
/// let profiler = Profiler::new(ProfileKind::Sched);
/// let folded = trace.fold(|| profiler.clone(), |p, event| p.note(&event), Profiler::merge)?;
/// let profile = folded.output.profile();
/// assert_eq!(profile.total(), trace.analyze(profiler)?.output.total());
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profiler {
    rules: Arc<Rules>,
    work: Work,
}

/// What to count.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    pub(super) kind: ProfileKind,
    pub(super) filter: Filter,
    pub(super) unfinished: bool,
    /// By the number of an event type, whether it matters.
    relevant: [bool; 256],
}

/// What has been counted: in one way for spans of one state, and CPU samples; in
/// another for all states; and as Go does.
#[derive(Clone, Debug)]
enum Work {
    Spans(Spans),
    Wall(Wall),
    Gos(Box<Gos>),
}

impl Work {
    fn new(kind: ProfileKind, compat: Compat) -> Work {
        match (kind, compat) {
            (ProfileKind::Wall, _) => Work::Wall(Wall::default()),
            // Go has no CPU profile to be compatible with.
            (ProfileKind::Cpu, _) | (_, Compat::Right) => Work::Spans(Spans::default()),
            (_, Compat::Go127) => Work::Gos(Box::default()),
        }
    }
}

impl Profiler {
    /// One that has seen nothing yet.
    pub fn new(kind: ProfileKind) -> Profiler {
        let unfinished = kind == ProfileKind::Wall;
        let relevant = relevant(kind, Compat::Right);
        let rules = Rules { kind, filter: Filter::default(), unfinished, relevant };
        Profiler { rules: Arc::new(rules), work: Work::new(kind, Compat::Right) }
    }

    /// This one, which has seen nothing yet, for those figures.
    #[must_use]
    pub fn compat(mut self, compat: Compat) -> Profiler {
        let rules = Arc::make_mut(&mut self.rules);
        rules.relevant = relevant(rules.kind, compat);
        Profiler { work: Work::new(rules.kind, compat), ..self }
    }

    /// This one, counting only what passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Profiler {
        Arc::make_mut(&mut self.rules).filter = filter;
        self
    }

    /// This one, counting also what goes on when the trace ends, up to there; a
    /// wall profile does anyhow, Go's tools never do.
    #[must_use]
    pub fn unfinished(mut self, unfinished: bool) -> Profiler {
        let rules = Arc::make_mut(&mut self.rules);
        rules.unfinished = unfinished || rules.kind == ProfileKind::Wall;
        self
    }

    /// Whether profilers of consecutive parts of a trace can be [merged](Self::merge):
    /// those of one state or of CPU samples can, with the right figures. What Go
    /// counts, and the last stack of a goroutine, depend on all that was before.
    pub fn merges(&self) -> bool {
        matches!(self.work, Work::Spans(_))
    }

    /// Takes note of the next event of a part of a trace. One that does not
    /// [merge](Self::merges) cannot.
    #[inline(always)]
    pub fn note(&mut self, event: &Event<'_>) {
        if let Work::Spans(spans) = &mut self.work
            && is_relevant(&self.rules, event.wire_type())
        {
            spans.note(&self.rules, event, event.go_change().as_ref());
        }
    }

    /// Adds what another one has seen of the part of the trace that follows. One
    /// that does not [merge](Self::merges) stays as it is.
    pub fn merge(&mut self, next: Profiler) {
        if let (Work::Spans(spans), Work::Spans(next)) = (&mut self.work, next.work) {
            spans.merge(&self.rules, next);
        }
    }

    /// The profile of all it has seen.
    pub fn profile(self) -> Profile {
        let kind = self.rules.kind;
        let (mut samples, stacks): (Vec<Sample>, Stacks) = match self.work {
            Work::Spans(spans) => spans.finish(&self.rules),
            Work::Wall(wall) => wall.finish(&self.rules),
            Work::Gos(gos) => gos.finish(),
        };
        samples.sort_unstable_by(|a, b| {
            let heavier = (b.nanos, b.count).cmp(&(a.nanos, a.count));
            heavier.then_with(|| (a.stack, a.state, a.reason).cmp(&(b.stack, b.state, b.reason)))
        });
        Profile { kind, samples, stacks }
    }
}

impl Analysis for Profiler {
    type Output = Profile;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        is_relevant(&self.rules, event)
    }

    #[inline(always)]
    fn event_old(&mut self, event: &Seen<'_, '_>) {
        match &mut self.work {
            Work::Spans(spans) => spans.note(&self.rules, event, event.go()),
            Work::Wall(wall) => wall.note(&self.rules, event),
            Work::Gos(gos) => gos.note(&self.rules, event),
        }
    }

    fn finish(self, _: &Known) -> Profile {
        self.profile()
    }
}

#[inline(always)]
fn is_relevant(rules: &Rules, event: EventType) -> bool {
    rules.relevant.get(event as usize).copied().unwrap_or(false)
}

/// Which events matter.
fn relevant(kind: ProfileKind, compat: Compat) -> [bool; 256] {
    use EventType::*;
    let mut relevant = [false; 256];
    for &event in EventType::ALL {
        let matters = match (event, kind.state()) {
            (Sync, _) => true,
            (CPUSample, _) => kind == ProfileKind::Cpu,
            _ if kind == ProfileKind::Cpu || !changes_go(event) => false,
            // Go's rules ask when goroutines ran and ended too.
            _ if compat == Compat::Go127 => true,
            (GoStart, Some(state)) => state == GoState::Runnable,
            (GoStop, Some(state)) => state == GoState::Runnable,
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
