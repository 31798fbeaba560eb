//! The pass that makes several profiles.

use super::ledger::Ledger;
use super::profiler::{Rules, ends, profile};
use super::spans::Spans;
use super::{Filter, Profile, ProfileKind};
use crate::analysis::{Analysis, Compat, Known, Seen, Step};
use crate::event::go::changes_go;
use crate::wire::v2::spec::EventType;
use std::sync::Arc;

/// Makes several [`Profile`]s of one pass, for little more than one costs: the same
/// that a [`Profiler`](super::Profiler) of each kind makes. Memory grows with the
/// different stacks.
///
/// ```
/// # let bytes = include_bytes!("../../../testdata/traces/go1.27/mixed.trace");
/// use gotrace::analysis::profile::{ProfileKind, Profiles};
///
/// let trace = gotrace::Trace::parse(bytes)?;
/// for profile in trace.analyze(Profiles::of(ProfileKind::ALL))?.output {
///     println!("{:?}: {} stacks", profile.kind, profile.samples.len());
/// }
/// # Ok::<(), gotrace::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Profiles {
    kinds: Vec<ProfileKind>,
    rules: Rules,
    /// The states whose ends matter, a bit for each.
    ends: u8,
    ledger: Ledger,
    /// Whether CPU samples are asked for.
    samples_too: bool,
    samples: Spans,
}

impl Profiles {
    /// Of those kinds; nothing has been seen yet.
    pub fn of(kinds: impl IntoIterator<Item = ProfileKind>) -> Profiles {
        let kinds: Vec<ProfileKind> = kinds.into_iter().collect();
        let ends = kinds.iter().fold(0, |all, &kind| all | ends(kind, Compat::Right));
        Profiles {
            samples_too: kinds.contains(&ProfileKind::Cpu),
            kinds,
            rules: Rules::default(),
            ends,
            ledger: Ledger::default(),
            samples: Spans::new(ProfileKind::Cpu),
        }
    }

    /// These, counting only what passes the filter.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Profiles {
        self.rules.set_filter(filter);
        self
    }

    /// These, counting also what goes on when the trace ends, up to there; a wall
    /// profile does anyhow.
    #[must_use]
    pub fn unfinished(mut self, unfinished: bool) -> Profiles {
        self.rules.unfinished = unfinished;
        self
    }

    fn profile(&self, kind: ProfileKind, known: &Known) -> Profile {
        let stacks = known.stacks();
        let samples = match kind {
            ProfileKind::Cpu => self.samples.samples(stacks),
            _ => self.ledger.samples(kind, stacks),
        };
        profile(kind, samples, Arc::clone(stacks))
    }
}

impl Analysis for Profiles {
    /// The profiles, in the order in which they were asked for.
    type Output = Vec<Profile>;

    #[inline(always)]
    fn wants(&self, event: EventType) -> bool {
        if event == EventType::CPUSample { self.samples_too } else { self.ends != 0 && changes_go(event) }
    }

    #[inline(always)]
    fn goroutine(&mut self, step: &Step<'_, '_>, _: &Known) {
        if self.ends & step.left.bit() != 0 {
            self.ledger.goroutine(&self.rules, step);
        }
    }

    fn event(&mut self, event: &Seen<'_, '_>, known: &mut Known) {
        self.samples.sample(&self.rules, event, known);
    }

    fn finish(mut self, known: &Known) -> Vec<Profile> {
        let (kinds, unfinished) = (std::mem::take(&mut self.kinds), self.rules.unfinished);
        let finished = |kind: &ProfileKind| *kind != ProfileKind::Wall && !unfinished;
        let before: Vec<_> = kinds.iter().map(|kind| finished(kind).then(|| self.profile(*kind, known))).collect();
        self.ledger.end(&self.rules, known);
        let all = before.into_iter().zip(kinds);
        all.map(|(profile, kind)| profile.unwrap_or_else(|| self.profile(kind, known))).collect()
    }
}
